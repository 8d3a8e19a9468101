using System.Diagnostics;
using System.Globalization;

namespace Cluster.Lab.Experiments.Nodes;

/// <summary>A node in an OS process on this machine.</summary>
internal sealed class ProcessNode(string name, NodeEndpoint place, ProcessStartInfo start, string log) : LabNode
{
    private const int ExcerptLines = 40;
    private const int SaidLines = 2_000;

    private readonly Lock _lock = new();
    private readonly Queue<string> _last = new();
    private readonly Queue<(long At, string Words)> _said = new();
    private readonly StreamWriter _log = new(log, append: false) { AutoFlush = true };
    private Process? _process;
    private TaskCompletionSource _ready = new();

    public override string Name => name;

    public override string Gateway => place.Gateway;

    public override bool IsAlive => _process is { HasExited: false };

    public override IReadOnlyList<string> Excerpt
    {
        get
        {
            lock (_lock) return [.. _last];
        }
    }

    public override long LastSaidAt(string words)
    {
        lock (_lock) return _said.LastOrDefault(line => line.Words.Contains(words, StringComparison.Ordinal)).At;
    }

    public override Task StartAsync()
    {
        var ready = _ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process?.Dispose();
        StartedAt = LabClock.Now;
        Take("--- started", ready);
        var process = _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) => Take(line.Data, ready);
        process.ErrorDataReceived += (_, line) => Take(line.Data, ready);
        process.Exited += (_, _) =>
            ready.TrySetException(new ExperimentException($"{name} ended before it was ready: {log}"));
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
        return Task.CompletedTask;
    }

    public override async Task ReadyAsync(CancellationToken cancelled)
    {
        try
        {
            await _ready.Task.WaitAsync(Patience, cancelled).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            var last = Excerpt is [.., var line] ? $" ({line})" : "";
            throw new ExperimentException($"{name} was not ready after {Patience.TotalSeconds} s{last}: {log}");
        }
    }

    public override Task<string> PauseAsync()
    {
        Signal(Signals.Stop);
        return Task.FromResult($"SIGSTOP to {name}");
    }

    public override Task<string> ContinueAsync()
    {
        Signal(Signals.Continue);
        return Task.FromResult($"SIGCONT to {name}");
    }

    public override Task TerminateAsync()
    {
        Signal(Signals.Term);
        return Task.CompletedTask;
    }

    /// <summary>kill(2).</summary>
    private void Signal(int signal)
    {
        if (_process is { HasExited: false } process) Signals.Send(process.Id, signal);
    }

    public override async Task<int?> EndedAsync(TimeSpan patience, CancellationToken cancelled)
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

    public override async Task KillAsync()
    {
        Signal(Signals.Kill);
        if (_process is not null) await EndedAsync(Patience, CancellationToken.None).ConfigureAwait(false);
    }

    public override Task ReleaseAsync() => KillAsync();

    public override void Dispose()
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
            if (_last.Count > ExcerptLines) _last.Dequeue();
            _said.Enqueue((LabClock.Now, line));
            if (_said.Count > SaidLines) _said.Dequeue();
            _log.WriteLine($"{at} {line}");
        }
    }
}
