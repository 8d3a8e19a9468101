using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Cluster.Cli.Tests.Fakes;

namespace Cluster.Cli.Tests;

/// <summary>Runs the tool against a cluster in memory.</summary>
internal sealed class Tool
{
    private readonly Disk _output = new();
    private readonly StringWriter _error = new() { NewLine = "\n" };

    public FakeCluster Cluster { get; } = new();

    /// <summary>Nothing more can be written to standard output.</summary>
    public bool IsFull
    {
        set => _output.IsFull = value;
    }

    public FakeOperations Operations { get; } = new();

    public byte[] Bytes => _output.ToArray();

    public string Output => Encoding.UTF8.GetString(Bytes);

    public string Error => _error.ToString();

    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    public Globals Globals => new()
    {
        Connect = Cluster.ConnectAsync,
        Operate = Operations.As,
        Out = new StreamWriter(_output, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" },
        Error = _error,
        Time = new FakeTime(),
    };

    /// <summary>Runs a command line whose words are separated by spaces; returns the exit code.</summary>
    public Task<int> RunAsync(string line) => RunAsync(line.Split(' '));

    public Task<int> RunAsync(params string[] words) => IpcCommand.RunAsync(Globals, words);

    // Times are shown as local ones: the tests are of one place.
    [ModuleInitializer]
    internal static void BeInOnePlace()
    {
        Environment.SetEnvironmentVariable("TZ", "UTC");
        TimeZoneInfo.ClearCachedData();
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

    /// <summary>Tuesday, 24 November 2026, 09:30.</summary>
    private sealed class FakeTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 11, 24, 9, 30, 0, TimeSpan.Zero);
    }
}
