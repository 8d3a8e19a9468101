using System.Globalization;
using System.Text.RegularExpressions;
using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;
using Cluster.Actors.Journal.Rows;
using Cluster.Actors.Journal.Write;

namespace Cluster.Node.Observing;

/// <summary>
/// What Akka says, as an operator needs it: an event of ours, or nothing; and all of it as well, as Akka says it, where
/// the operator's file sets akka.loglevel.
/// </summary>
/// <remarks>
/// What Akka warns of has a line of ours, or is repaired without anybody; so its warnings are not shown. An error is,
/// unless it is known to be one of these: of the others nobody has thought.
/// </remarks>
internal sealed partial class AkkaLog : UntypedActor, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    /// <summary>The category of what Akka says as it says it.</summary>
    public const string Category = "Akka";

    /// <summary>So many objects may fail of one cause: it is said once in this time.</summary>
    internal static readonly TimeSpan RepeatAfter = TimeSpan.FromSeconds(10);

    private const int CausesBound = 256;

    // Errors to Akka. What becomes of a lost node has lines of ours (103, 106, 113 to 117), and so has a journal that
    // is away (130).
    private static readonly string[] Foreseen =
    [
        "AssociationError",
        "Association to [",
        "Association with remote system",
        "Tried to associate with unreachable remote address",
        "No response from remote",
        "Transport disassociated before handshake finished",
        "The remote system",
        "Disassociated",
        "Couldn't join seed nodes",
        "within 'updating-state-timeout'",
        "within 'waiting-for-state-timeout'",
        // Each attempt to make the tables is said three times; "Failed to initialize" once, with the reason.
        "Failure during SQL Journal initialization",
        "Failure during SQL SnapshotStore initialization",
        "Sql Journal Error on",
    ];

    private readonly AkkaLogSetup _setup = Context.System.Settings.Setup.Get<AkkaLogSetup>().Value;
    private readonly Dictionary<string, long> _said = [];

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case InitializeLogger:
                Sender.Tell(new LoggerInitialized());
                break;
            case LogEvent said:
                Translate(said);
                break;
        }
    }

    private void Translate(LogEvent said)
    {
        var text = Convert.ToString(said.Message, CultureInfo.InvariantCulture) ?? "";
        _setup.All?.Log(
            Level(said.LogLevel()), 0, said, said.Cause, (state, _) => $"{state.LogSource}: {state.Message}");
        if (said.LogLevel() != Akka.Event.LogLevel.ErrorLevel || IsForeseen(text, said.Cause)) return;
        if (Misnamed().Match(text) is not { Success: true } names) Fail(said, text);
        else if (IsNew(names.Value)) _setup.Events.NodeMisnamed(names.Groups["as"].Value, names.Groups["self"].Value);
    }

    // What a node sends to a seed under another name arrives, and to Akka it is for somebody else.
    [GeneratedRegex(
        @"for non-local recipient \[\[?[^@\]]*@(?<as>[^/\]]+).* inbound addresses \[[^@\]]*@(?<self>[^/\]]+)")]
    private static partial Regex Misnamed();

    private void Fail(LogEvent said, string text)
    {
        var cause = said.Cause is { } exception ? LineFormatter.Explain(exception) : "";
        var reason = cause.Contains(text, StringComparison.Ordinal) ? cause
            : cause.Length > 0 ? $"{LineFormatter.Text(text)}: {cause}"
            : LineFormatter.Text(text);
        if (IsNew(reason)) _setup.Events.Failed(said.LogSource, reason);
    }

    private bool IsNew(string reason)
    {
        var now = _setup.Time.GetTimestamp();
        if (_said.TryGetValue(reason, out var then) && _setup.Time.GetElapsedTime(then, now) < RepeatAfter) return false;
        if (_said.Count == CausesBound) _said.Clear();
        _said[reason] = now;
        return true;
    }

    /// <summary>Whether it is an error to Akka only.</summary>
    internal static bool IsForeseen(string text, Exception? cause)
    {
        if (Foreseen.Any(known => text.Contains(known, StringComparison.Ordinal))) return true;
        // The journal is away (130); or a writer is stale, which is how it finds out that it was replaced.
        if (cause is JournalConflictException or JournalUnavailableException { IsRefusal: false }) return true;
        return cause is not null && IsForeseen(cause.Message, cause.InnerException);
    }

    private static Microsoft.Extensions.Logging.LogLevel Level(Akka.Event.LogLevel level) => level switch
    {
        Akka.Event.LogLevel.ErrorLevel => Microsoft.Extensions.Logging.LogLevel.Error,
        Akka.Event.LogLevel.WarningLevel => Microsoft.Extensions.Logging.LogLevel.Warning,
        Akka.Event.LogLevel.InfoLevel => Microsoft.Extensions.Logging.LogLevel.Information,
        _ => Microsoft.Extensions.Logging.LogLevel.Debug,
    };
}
