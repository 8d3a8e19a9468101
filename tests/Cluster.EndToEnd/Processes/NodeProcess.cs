using System.Diagnostics;
using System.Net;
using System.Reflection;
using System.Text;
using Cluster.Lab.Experiments;

namespace Cluster.EndToEnd.Processes;

/// <summary>A real node in a process of its own, with a data directory and a port that outlive its death.</summary>
public sealed class NodeProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly StringBuilder _output = new();
    private readonly string[] _arguments;
    private readonly IReadOnlyDictionary<string, string> _environment;
    private readonly int? _descriptors;
    private Process? _process;

    private NodeProcess(
        string data, int port, string[] arguments, IReadOnlyDictionary<string, string>? environment = null,
        int? descriptors = null)
    {
        Data = data;
        _descriptors = descriptors;
        _environment = environment ?? new Dictionary<string, string>();
        Address = $"{(arguments.Contains("--tls-certificate") ? "https" : "http")}://127.0.0.1:{port}";
        string[] web = arguments.Contains("--web") ? [] : ["--web", "none"];
        // A Unix socket among the arguments is one more place to listen at.
        var sockets = arguments.Where(IsSocket);
        _arguments =
        [
            "--data", data, "--listen", string.Join(',', sockets.Prepend($"127.0.0.1:{port}")), .. web,
            .. arguments.Where(argument => !IsSocket(argument)),
        ];
    }

    private static bool IsSocket(string argument) => argument.StartsWith("unix:", StringComparison.Ordinal);

    /// <summary>The data directory.</summary>
    public string Data { get; }

    /// <summary>The gateway.</summary>
    public string Address { get; }

    /// <summary>Its output so far.</summary>
    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    /// <summary>Its process id.</summary>
    public int Pid => _process!.Id;

    /// <summary>Its memory: the resident set, in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            _process!.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>What it has used of the processors.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process!.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Its open file descriptors.</summary>
    public int DescriptorCount => Directory.GetFiles($"/proc/{_process!.Id}/fd").Length;

    /// <summary>
    /// Starts a node on a free port with an empty data directory, and waits until it says that it is ready.
    /// </summary>
    public static Task<NodeProcess> StartAsync(params string[] arguments) =>
        StartInAsync(Directory.CreateTempSubdirectory("ipc-node-").FullName, arguments);

    /// <summary>As <see cref="StartAsync(string[])"/>, with more in its environment.</summary>
    public static async Task<NodeProcess> StartAsync(
        IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var data = Directory.CreateTempSubdirectory("ipc-node-").FullName;
        var node = new NodeProcess(data, FreePort(), arguments, environment);
        await node.RestartAsync();
        return node;
    }

    /// <summary>As <see cref="StartAsync(string[])"/>, with so many file descriptors (RLIMIT_NOFILE).</summary>
    public static async Task<NodeProcess> StartWithDescriptorsAsync(int descriptors, params string[] arguments)
    {
        var data = Directory.CreateTempSubdirectory("ipc-node-").FullName;
        var node = new NodeProcess(data, FreePort(), arguments, descriptors: descriptors);
        await node.RestartAsync();
        return node;
    }

    /// <summary>As <see cref="StartAsync(string[])"/>, in a directory that is there.</summary>
    public static async Task<NodeProcess> StartInAsync(string data, params string[] arguments)
    {
        var node = new NodeProcess(data, FreePort(), arguments);
        await node.RestartAsync();
        return node;
    }

    /// <summary>Starts it (again), and waits until it says that it is ready.</summary>
    public async Task RestartAsync()
    {
        Begin();
        await ReadyAsync();
    }

    /// <summary>Starts it without waiting.</summary>
    public void Begin()
    {
        lock (_output) _output.Clear();
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        if (_descriptors is { } descriptors)
        {
            start.FileName = "/bin/sh";
            foreach (var argument in (string[])["-c", $"ulimit -n {descriptors} && exec \"$@\"", "sh", "dotnet"])
                start.ArgumentList.Add(argument);
        }

        start.ArgumentList.Add(Metadata("Node"));
        foreach (var argument in _arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in _environment) start.Environment[name] = value;
        _ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ready = _ready;
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Take(line.Data, ready);
        _process.ErrorDataReceived += (_, line) => Take(line.Data, ready);
        _process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException("the node ended: " + Output));
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Runs a node that is expected to end by itself.</summary>
    public static async Task<CliRun> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Metadata("Node"));
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync().WaitAsync(Patience);
            return new CliRun(process.ExitCode, await output, await error);
        }
        finally
        {
            process.Kill();
        }
    }

    /// <summary>Starts a node on a free port with an empty data directory, and waits for nothing.</summary>
    public static NodeProcess BeginNew(params string[] arguments)
    {
        var node = new NodeProcess(Directory.CreateTempSubdirectory("ipc-node-").FullName, FreePort(), arguments);
        node.Begin();
        return node;
    }

    /// <summary>Waits until it has printed a text.</summary>
    public async Task SaysAsync(string text)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var more = Volatile.Read(ref _more);
            if (Output.Contains(text, StringComparison.Ordinal)) return;
            await more.Task.WaitAsync(patience.Token);
        }
    }

    /// <summary>Waits until it ends by itself; returns the exit code.</summary>
    public async Task<int> EndsAsync()
    {
        await _process!.WaitForExitAsync().WaitAsync(Patience);
        return _process.ExitCode;
    }

    /// <summary>Waits until it says that it is ready.</summary>
    public Task ReadyAsync() => _ready.Task.WaitAsync(Patience);

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync().WaitAsync(Patience);
    }

    /// <summary>SIGSTOP.</summary>
    public void Stop() => Signal("STOP");

    /// <summary>SIGCONT.</summary>
    public void Continue() => Signal("CONT");

    private void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", _process!.Id.ToString()]);
        kill.WaitForExit();
    }

    /// <summary>SIGTERM; returns the exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process!.Id.ToString()]);
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false }) await KillAsync();
        _process?.Dispose();
        Directory.Delete(Data, recursive: true);
    }

    /// <summary>A path that the build put into this assembly.</summary>
    public static string Metadata(string key) =>
        typeof(NodeProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(attribute => attribute.Key == key).Value!;

    /// <summary>A port that nothing listens on.</summary>
    public static int FreePort() => FreePorts.Find(IPAddress.Loopback, 1)[0];

    private TaskCompletionSource _ready = new();

    // Completed by the next line of output.
    private TaskCompletionSource _more = NewSignal();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Take(string? line, TaskCompletionSource ready)
    {
        if (line is null) return;
        lock (_output) _output.AppendLine(line);
        Interlocked.Exchange(ref _more, NewSignal()).TrySetResult();
        if (line.Contains("is ready", StringComparison.Ordinal)) ready.TrySetResult();
    }
}
