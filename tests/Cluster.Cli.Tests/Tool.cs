using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Cluster.Cli.CommandLine;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Tests;

/// <summary>Runs the tool against a kernel in memory.</summary>
/// <param name="kernel">A kernel that another one has made.</param>
internal sealed class Tool(InMemoryKernel kernel)
{
    private readonly Disk _output = new();
    private readonly LockedWriter _error = new() { NewLine = "\n" };
    private readonly List<IpcClientOptions> _connections = [];
    private IpcClient? _ipc;

    /// <summary>With a kernel of its own.</summary>
    /// <param name="time">The clock of the kernel; null: the system's.</param>
    public Tool(TimeProvider? time = null)
        : this(new InMemoryKernel(time))
    {
    }

    public InMemoryKernel Kernel => kernel;

    /// <summary>A process beside the tool, of the same user.</summary>
    public IpcClient Ipc => _ipc ??= IpcClient.CreateInMemory(Kernel, OwnOptions());

    public Traffic Traffic { get; } = new();

    /// <summary>The clock of the tool. The kernel has another one.</summary>
    public DateTimeOffset Now { get; set; } = new(2026, 11, 24, 9, 30, 0, TimeSpan.Zero);

    /// <summary>The user and the place of each connection that commands made.</summary>
    public IReadOnlyList<IpcClientOptions> Connections => _connections;

    /// <summary>The tool's processes that have not ended.</summary>
    public long Connected => Kernel.Stat().Sessions - (_ipc is { State: IpcConnectionState.Connected } ? 1 : 0);

    /// <summary>The error of connecting; null: it succeeds.</summary>
    public Exception? Refusal { get; set; }

    public NodeStatReply Node { get; } = new()
    {
        Node = "http://node:1", Version = "1.2.3", UptimeMs = 5_000, Journal = "sqlite /j", JournalCommitUs = 250.04,
    };

    /// <summary>How many questions for the counters of the node get no answer in time.</summary>
    public int LateStats { get; set; }

    /// <summary>The frames of a trace.</summary>
    public Func<TraceRequest, IAsyncEnumerable<TraceFrame>> Trace { get; set; } =
        _ => throw new InvalidOperationException("the test has no trace");

    /// <summary>Standard input.</summary>
    public byte[] Input { get; set; } = [];

    /// <summary>Whether standard output is a full disk.</summary>
    public bool IsFull
    {
        set => _output.IsFull = value;
    }

    public FakeOperations Operations { get; } = new();

    public byte[] Bytes => _output.ToArray();

    public string Output => Encoding.UTF8.GetString(Bytes);

    public string Error => _error.ToString();

    /// <summary>The errnos of the lines on standard error.</summary>
    public IEnumerable<string> Errnos => Error.TrimEnd().Split('\n').Select(line => line.Split(' ')[2]);

    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    public Globals Globals => new()
    {
        Connect = ConnectAsync,
        Operate = Operations.As,
        Out = new StreamWriter(_output, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" },
        Error = _error,
        OpenInput = () => new MemoryStream(Input, writable: false),
        IsInputReady = () => true,
        Time = new FakeTime(Now),
    };

    /// <summary>Runs a command line with words separated by spaces. Returns the exit code.</summary>
    public Task<int> RunAsync(string line) => RunAsync(line.Split(' '));

    public Task<int> RunAsync(params string[] words) => IpcCommand.RunAsync(Globals, words);

    /// <summary>A process of a user.</summary>
    public async Task<IpcClient> ConnectAsync(uint uid) => (IpcClient)await ConnectAsync(
        new IpcClientOptions { Uid = uid, Gid = uid }, CancellationToken.None);

    private IpcClientOptions OwnOptions()
    {
        var root = new System.CommandLine.RootCommand();
        var globals = Globals;
        globals.AddTo(root);
        return globals.Options(root.Parse(""));
    }

    private async Task<IIpcClient> ConnectAsync(IpcClientOptions options, CancellationToken cancelled)
    {
        if (Refusal is not null) throw Refusal;
        lock (_connections) _connections.Add(options);
        return await IpcClient.ConnectAsync(
            new ObservedTransport(this), options with { TimeProvider = Kernel.Time }, cancelled);
    }

    // The tool shows local times, so the tests choose the time zone.
    [ModuleInitializer]
    internal static void ChooseTimeZone()
    {
        Environment.SetEnvironmentVariable("TZ", "UTC");
        TimeZoneInfo.ClearCachedData();
    }

    // A test reads it while the tool still writes.
    private sealed class LockedWriter : StringWriter
    {
        private readonly Lock _gate = new();

        public override void Write(char value)
        {
            lock (_gate) base.Write(value);
        }

        public override void Write(char[] buffer, int index, int count)
        {
            lock (_gate) base.Write(buffer, index, count);
        }

        public override void Write(ReadOnlySpan<char> buffer)
        {
            lock (_gate) base.Write(buffer);
        }

        public override void Write(string? value)
        {
            lock (_gate) base.Write(value);
        }

        public override string ToString()
        {
            lock (_gate) return base.ToString();
        }
    }

    private sealed class Disk : MemoryStream
    {
        public bool IsFull { get; set; }

        public override void Write(ReadOnlySpan<byte> buffer) => Write(buffer.ToArray(), 0, buffer.Length);

        public override void Write(byte[] buffer, int offset, int count)
        {
            if (IsFull) throw new IOException("standard output: No space left on device");
            base.Write(buffer, offset, count);
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        {
            Write(buffer, offset, count);
            return Task.CompletedTask;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
        {
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }
    }

    private sealed class FakeTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
