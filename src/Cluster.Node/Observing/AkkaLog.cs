using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;
using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;
using Cluster.Actors.Journal.Rows;
using Cluster.Actors.Journal.Write;

namespace Cluster.Node.Observing;

/// <summary>
/// Translates Akka's log for operators: each message becomes one of the product's events or is dropped. If the
/// operator's file sets akka.loglevel, Akka's own messages are logged as well.
/// </summary>
/// <remarks>
/// Akka's warnings are not shown: the product has an event for them, or repairs the cause by itself. Errors are shown,
/// unless they are known to be one of these cases.
/// </remarks>
internal sealed partial class AkkaLog : UntypedActor, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    /// <summary>The category of Akka's own messages.</summary>
    public const string Category = "Akka";

    /// <summary>Many objects may fail for one reason, which is logged once in this time.</summary>
    internal static readonly TimeSpan RepeatAfter = TimeSpan.FromSeconds(10);

    private const int CausesBound = 256;

    // Akka logs these as errors. The product has its own events for a lost node (103, 106, 113 to 117) and for a failed
    // journal (130).
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
        // Akka logs each attempt to create the tables three times, and "Failed to initialize" once, with the reason.
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
        if (IsOfStranger(said.Cause))
        {
            if (IsNew(nameof(IsOfStranger))) _setup.Events.StrangerSpoke(LineFormatter.Explain(said.Cause));
            return;
        }

        if (Misnamed().Match(text) is not { Success: true } names) Fail(said, text);
        else if (IsNew(names.Value)) _setup.Events.NodeMisnamed(names.Groups["as"].Value, names.Groups["self"].Value);
    }

    // Bytes that no frame of remoting begins with: the codec refuses them, and the connection is closed.
    private static bool IsOfStranger([NotNullWhen(true)] Exception? cause) =>
        cause?.GetType().Namespace == "DotNetty.Codecs";

    // A joining node may call its seed by another name. Its message arrives, and Akka drops it as meant for another
    // node.
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

    /// <summary>Whether only Akka treats this as an error.</summary>
    internal static bool IsForeseen(string text, Exception? cause)
    {
        if (Foreseen.Any(known => text.Contains(known, StringComparison.Ordinal))) return true;
        // The journal has failed (130), or a stale writer has found out that it was replaced.
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
