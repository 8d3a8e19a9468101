namespace Cluster.Simulation;

/// <summary>The faults: probabilities for each message and write, and the mean time between crashes.</summary>
public sealed record Faults
{
    /// <summary>Nothing goes wrong any more, so that everything under way can end.</summary>
    public static Faults None { get; } = new();

    /// <summary>A message between a session and an entity is lost.</summary>
    public double Loss { get; init; }

    /// <summary>A message comes twice.</summary>
    public double Duplication { get; init; }

    /// <summary>A message takes up to this many ms, so messages overtake each other.</summary>
    public int DelayMs { get; init; } = 2;

    /// <summary>A write fails, or it is done and its outcome is lost.</summary>
    public double WriteFailure { get; init; }

    /// <summary>A write takes up to this many ms.</summary>
    public int WriteMs { get; init; } = 6;

    /// <summary>The mean time between accidents, in ms; 0: there are none.</summary>
    public int AccidentMs { get; init; }

    /// <summary>Draws the faults of a run.</summary>
    public static Faults Draw(Random random) => new()
    {
        Loss = random.Next(2) * random.NextDouble() * 0.1,
        Duplication = random.Next(2) * random.NextDouble() * 0.2,
        DelayMs = random.Next(1, 40),
        WriteFailure = random.Next(2) * random.NextDouble() * 0.05,
        WriteMs = random.Next(2) == 0 ? 6 : random.Next(6, 80),
        AccidentMs = random.Next(40, 1_500),
    };
}
