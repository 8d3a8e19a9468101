using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Threading.Channels;
using Cluster.Node.Settings;

namespace Cluster.Node.Observing;

/// <summary>
/// What a security officer asks for: who came in, as whom, what was refused, and what was ordered and removed. One line an
/// event, without payloads and secrets, into the log or a file. Lines that would be too many are counted and left out.
/// </summary>
internal sealed class AuditLog : IAsyncDisposable
{
    /// <summary>No audit.</summary>
    public const string None = "none";

    /// <summary>The audit is a part of the log, as event 150.</summary>
    public const string Log = "log";

    /// <summary>A file: "file:" and its path.</summary>
    public const string FilePrefix = "file:";

    /// <summary>Lines that may be written at once.</summary>
    internal const int Burst = 1_000;

    /// <summary>Lines in a second after that.</summary>
    internal const int PerSecond = 100;

    private const int MostWaiting = 2 * Burst;

    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string? _file;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Channel<string> _lines = Channel.CreateBounded<string>(
        new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    private readonly Task _writing = Task.CompletedTask;
    private readonly Allowance _allowed;
    private long _left;
    private bool _isFailing;

    public AuditLog(NodeOptions options, ILoggerFactory loggers, TimeProvider time)
    {
        var audit = options.EffectiveAudit;
        (_log, _time) = (loggers.CreateLogger(OperatorLog.Category), time);
        _allowed = new Allowance(Burst, PerSecond, time);
        IsOn = audit != None;
        if (!audit.StartsWith(FilePrefix, StringComparison.Ordinal)) return;
        _file = audit[FilePrefix.Length..];
        _writing = WriteAsync();
    }

    /// <summary>Whether there is an audit.</summary>
    public bool IsOn { get; }

    /// <summary>Adds a line.</summary>
    /// <param name="what">The event.</param>
    /// <param name="who">The caller.</param>
    /// <param name="facts">Names and values.</param>
    public void Add(string what, string who, params ReadOnlySpan<(string Name, object? Value)> facts)
    {
        if (!IsOn || !MayWrite(out var left)) return;
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString("time", _time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            json.WriteString("event", what);
            json.WriteString("who", who);
            foreach (var (name, value) in facts)
            {
                if (value is null) continue;
                if (value is uint or int or long or ulong)
                    json.WriteNumber(name, Convert.ToDecimal(value, CultureInfo.InvariantCulture));
                else
                    json.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture));
            }

            if (left > 0) json.WriteNumber("leftOutBefore", left);
            json.WriteEndObject();
        }

        var line = Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
        if (_file is null) _log.Audited(line);
        else if (!_lines.Writer.TryWrite(line)) Interlocked.Increment(ref _left);
    }

    /// <summary>Writes what waits.</summary>
    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        await _writing;
    }

    private bool MayWrite(out long left)
    {
        bool may;
        lock (_gate) may = _allowed.TryTake(1);
        left = may ? Interlocked.Exchange(ref _left, 0) : 0;
        if (!may) Interlocked.Increment(ref _left);
        return may;
    }

    // The file is opened for each batch, so that it may be moved away and a new one begins: logrotate(8).
    private async Task WriteAsync()
    {
        var reader = _lines.Reader;
        var batch = new StringBuilder();
        while (await reader.WaitToReadAsync())
        {
            while (reader.TryRead(out var line)) batch.Append(line).Append('\n');
            try
            {
                var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write };
                if (!OperatingSystem.IsWindows()) options.UnixCreateMode = Owner;
                await using var file = new FileStream(_file!, options);
                await file.WriteAsync(Encoding.UTF8.GetBytes(batch.ToString()));
                if (_isFailing) _log.AuditBack();
                _isFailing = false;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                if (!_isFailing) _log.AuditLost(LineFormatter.Explain(exception));
                _isFailing = true;
            }

            batch.Clear();
        }
    }
}
