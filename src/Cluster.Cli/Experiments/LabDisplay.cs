using System.Globalization;
using Cluster.Lab.Experiments;

namespace Cluster.Cli.Experiments;

/// <summary>Shows on a terminal the steps of an experiment in lines, and the present rate in the last line.</summary>
internal sealed class LabDisplay(TextWriter error, bool isTerminal) : IProgress<ExperimentProgress>, IDisposable
{
    private readonly Lock _lock = new();
    private string _last = "";
    private bool _isOver;

    /// <summary>A line that stays.</summary>
    public void Say(string line)
    {
        if (!isTerminal) return;
        lock (_lock) error.WriteLine($"\r{line}\e[K");
    }

    public void Report(ExperimentProgress value)
    {
        if (!isTerminal) return;
        lock (_lock)
        {
            if (_isOver) return;
            var at = value.Elapsed.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture);
            if (value.What != _last) error.WriteLine($"\r{at,6} s  {_last = value.What}\e[K");
            error.Write($"\r{at,6} s  {value.CallsPerSecond:F0} calls/s\e[K");
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (isTerminal && !_isOver) error.Write("\r\e[K");
            _isOver = true;
        }
    }
}
