namespace Cluster.Simulation;

/// <summary>How bad the world is: probabilities for each message or write, and mean times between accidents.</summary>
public sealed record Faults
{
    /// <summary>No more accidents: what is under way may come to its end.</summary>
    public static Faults None { get; } = new();

    /// <summary>A message between a session and an entity is lost.</summary>
    public double Loss { get; init; }

    /// <summary>It comes twice.</summary>
    public double Duplication { get; init; }

    /// <summary>It takes up to this many ms: messages overtake each other.</summary>
    public int DelayMs { get; init; } = 2;

    /// <summary>A write fails before it is done, or its outcome is lost after it was done.</summary>
    public double WriteFailure { get; init; }

    /// <summary>A write takes up to this many ms.</summary>
    public int WriteMs { get; init; } = 6;

    /// <summary>Mean time between accidents of one of the kinds, in ms; 0: none.</summary>
    public int AccidentMs { get; init; }

    /// <summary>A bad world, its kind chosen by the seed.</summary>
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
