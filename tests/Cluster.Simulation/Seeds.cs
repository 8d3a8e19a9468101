using System.Globalization;
using Xunit.Abstractions;

namespace Cluster.Simulation;

/// <summary>
/// The seeds of a run: SIMULATION_SEED is one; otherwise so many as a variable says, from SIMULATION_FIRST on, or fresh
/// ones. A line names them, so that a failure can be repeated.
/// </summary>
internal sealed class Seeds
{
    private readonly ITestOutputHelper _output;
    private readonly string _name;

    /// <param name="name">The name of the simulation, for the lines.</param>
    /// <param name="variable">The environment variable with the number of seeds.</param>
    /// <param name="count">The number of seeds without it.</param>
    /// <param name="output">The output of the test. The lines go to the console too.</param>
    public Seeds(string name, string variable, int count, ITestOutputHelper output)
    {
        (_name, _output) = (name, output);
        var one = Number("SIMULATION_SEED");
        First = one ?? Number("SIMULATION_FIRST") ?? Random.Shared.Next(1, 1_000_000_000);
        Count = one is null ? Number(variable) ?? count : 1;
        Say($"seeds {First} to {First + Count - 1}");
    }

    /// <summary>The first seed.</summary>
    public int First { get; }

    /// <summary>The number of seeds.</summary>
    public int Count { get; }

    /// <summary>Each of them.</summary>
    public IEnumerable<int> All => Enumerable.Range(First, Count);

    /// <summary>Writes a line about the run.</summary>
    public void Say(string text)
    {
        _output.WriteLine($"{_name}: {text}");
        Console.WriteLine($"{_name}: {text}");
    }

    private static int? Number(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : null;
}
