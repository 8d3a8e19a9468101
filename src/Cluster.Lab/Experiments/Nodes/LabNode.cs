using System.Diagnostics;
using System.Globalization;

namespace Cluster.Lab.Experiments.Nodes;

/// <summary>A node in a process of its own, which can be hurt, and be started again in the same place.</summary>
internal sealed class LabNode(string name, NodePlace place, ProcessStartInfo start, string log) : IDisposable
{
    private const int Remembered = 40;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly Lock _lock = new();
    private readonly Queue<string> _last = new();
    private readonly StreamWriter _log = new(log, append: false) { AutoFlush = true };
    private Process? _process;
    private TaskCompletionSource _ready = new();

    /// <summary>Its name in the report.</summary>
    public string Name => name;

    /// <summary>Where it listens.</summary>
    public NodePlace Place => place;

    /// <summary>When it was last started, ns.</summary>
    public long StartedAt { get; private set; }

    /// <summary>It runs, or stands still.</summary>
    public bool IsAlive => _process is { HasExited: false };

    /// <summary>The end of its output.</summary>
    public IReadOnlyList<string> Excerpt
    {
        get
        {
            lock (_lock) return [.. _last];
        }
    }

    /// <summary>Starts it without waiting.</summary>
    public void Start()
    {
        var ready = _ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process?.Dispose();
        StartedAt = LabClock.Now;
        Take("--- started", ready);
        var process = _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) => Take(line.Data, ready);
        process.ErrorDataReceived += (_, line) => Take(line.Data, ready);
        process.Exited += (_, _) => ready.TrySetException(new ExperimentException($"{name} ended before it was ready: {log}"));
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new ExperimentException($"{start.FileName}: {exception.Message}");
        }

        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Waits until it says that it is ready.</summary>
    /// <exception cref="ExperimentException">It ended, or did not get ready in time.</exception>
    public async Task ReadyAsync(CancellationToken cancelled)
    {
        try
        {
            await _ready.Task.WaitAsync(Patience, cancelled).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new ExperimentException($"{name} was not ready after {Patience.TotalSeconds} s: {log}");
        }
    }

    /// <summary>kill(2).</summary>
    public void Signal(int signal)
    {
        if (_process is { HasExited: false } process) Signals.Send(process.Id, signal);
    }

    /// <summary>Waits until it has ended; null: it has not in time.</summary>
    public async Task<int?> EndedAsync(TimeSpan patience, CancellationToken cancelled)
    {
        if (_process is not { } process) return 0;
        try
        {
            await process.WaitForExitAsync(cancelled).WaitAsync(patience, cancelled).ConfigureAwait(false);
            return process.ExitCode;
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>SIGKILL, and sees it gone.</summary>
    public async Task KillAsync()
    {
        Signal(Signals.Kill);
        if (_process is not null) await EndedAsync(Patience, CancellationToken.None).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Signal(Signals.Kill);
        _process?.Dispose();
        lock (_lock) _log.Dispose();
    }

    private void Take(string? line, TaskCompletionSource ready)
    {
        if (line is null) return;
        if (line.Contains("cluster-node is ready", StringComparison.Ordinal)) ready.TrySetResult();
        var at = TimeProvider.System.GetUtcNow().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
        lock (_lock)
        {
            if (_log.BaseStream is null or { CanWrite: false }) return;
            _last.Enqueue($"{at} {line}");
            if (_last.Count > Remembered) _last.Dequeue();
            _log.WriteLine($"{at} {line}");
        }
    }
}
