using System.Globalization;

namespace Cluster.Lab.Experiments.Nodes;

/// <summary>
/// The wall clocks of the nodes, which the experiment sets: the nodes run with libfaketime preloaded, which reads the
/// difference from the real time from a file for each node. Monotonic clocks stay real.
/// </summary>
/// <remarks>
/// A drift is many small steps. The library has a rate, but with a rate waits of .NET with a time-out never end.
/// </remarks>
internal sealed class FakeClocks : IDisposable
{
    private const string Library = "libfaketimeMT.so.1";

    private static readonly TimeSpan DriftEvery = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly string _library;
    private readonly string _folder;
    private readonly Reading[] _readings;
    private readonly ITimer _drift;
    private bool _isDisposed;

    /// <param name="work">The directory of the files.</param>
    /// <param name="nodes">The number of nodes.</param>
    /// <exception cref="ExperimentException">The library is not installed.</exception>
    public FakeClocks(string work, int nodes)
    {
        _library = Find() ?? throw new ExperimentException(
            $"{Library} is not installed: install the package faketime (Debian, Ubuntu) or libfaketime (Fedora)");
        _folder = work;
        _readings = [.. Enumerable.Repeat(new Reading(TimeSpan.Zero, 1, LabClock.Now), nodes)];
        for (var node = 0; node < nodes; node++) Write(node);
        _drift = TimeProvider.System.CreateTimer(_ => WriteDrifts(), null, DriftEvery, DriftEvery);
    }

    /// <summary>The path of the library; null: it is not installed.</summary>
    public static string? Find()
    {
        string[] folders = ["/usr/lib", "/usr/lib64", "/usr/local/lib"];
        var nested = Directory.Exists("/usr/lib") ? Directory.GetDirectories("/usr/lib", "*-linux-gnu") : [];
        return folders.Concat(nested).Select(folder => Path.Combine(folder, "faketime", Library))
            .FirstOrDefault(File.Exists);
    }

    /// <summary>Adds what a node needs to its environment.</summary>
    public void AddTo(IDictionary<string, string?> environment, int node)
    {
        environment["LD_PRELOAD"] = _library;
        environment["FAKETIME_TIMESTAMP_FILE"] = FileOf(node);
        // Without a cache each reading opens the file. With it a step is seen a second later.
        environment["FAKETIME_CACHE_DURATION"] = "1";
        environment["DONT_FAKE_MONOTONIC"] = "1";
        environment["FAKETIME_DONT_RESET"] = "1";
        // The library's own correction breaks waits on condition variables with a monotonic clock, as .NET's timers do.
        environment["FAKETIME_FORCE_MONOTONIC_FIX"] = "0";
    }

    /// <summary>Sets the clock of a node forward, or back if the step is negative.</summary>
    public void Step(int node, TimeSpan by)
    {
        lock (_lock)
        {
            _readings[node] = _readings[node] with { Ahead = _readings[node].Ahead + by };
            Write(node);
        }
    }

    /// <summary>Lets the clock of a node run at a rate; 1: the rate of real time.</summary>
    public void Drift(int node, double rate)
    {
        lock (_lock)
        {
            _readings[node] = new Reading(_readings[node].AheadNow, rate, LabClock.Now);
            Write(node);
        }
    }

    public void Dispose()
    {
        lock (_lock) _isDisposed = true;
        _drift.Dispose();
    }

    private string FileOf(int node) => Path.Combine(_folder, $"clock-{node}");

    // The directory may be gone after the end.
    private void WriteDrifts()
    {
        lock (_lock)
        {
            for (var node = 0; node < _readings.Length && !_isDisposed; node++)
            {
                if (_readings[node].Rate != 1) Write(node);
            }
        }
    }

    // A node must never read half of a line.
    private void Write(int node)
    {
        var text = _readings[node].AheadNow.TotalSeconds.ToString("+0.000;-0.000;+0", CultureInfo.InvariantCulture);
        var next = $"{FileOf(node)}.next";
        File.WriteAllText(next, text + "\n");
        File.Move(next, FileOf(node), overwrite: true);
    }

    private readonly record struct Reading(TimeSpan Ahead, double Rate, long SinceNs)
    {
        public TimeSpan AheadNow => Ahead + TimeSpan.FromSeconds((Rate - 1) * LabClock.Seconds(SinceNs, LabClock.Now));
    }
}
