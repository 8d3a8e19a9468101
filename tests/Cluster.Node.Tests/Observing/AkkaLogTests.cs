using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Event;
using Cluster.Actors.Journal.Rows;
using Cluster.Actors.Journal.Write;
using Cluster.Node.Observing;
using Microsoft.Extensions.Logging;

namespace Cluster.Node.Tests.Observing;

/// <summary>The lines of Akka in the log of a node.</summary>
public sealed class AkkaLogTests
{
    private static readonly string[] Nothing = [];

    [Fact]
    public async Task An_actor_that_fails_is_an_event_with_its_cause_and_no_trace()
    {
        var said = await LogAsync("", (_, failing) => failing.Tell("it broke"));
        var line = Assert.Single(said, line => line.Contains("it broke", StringComparison.Ordinal));
        Assert.StartsWith("Cluster.Node[140] Error: a part of the node failed, ", line, StringComparison.Ordinal);
        Assert.Contains("/user/failing", line, StringComparison.Ordinal);
        Assert.EndsWith(": it broke (InvalidOperationException)", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_without_an_exception_is_not_lost_and_is_said_once()
    {
        var said = await LogAsync("", (system, _) =>
        {
            system.Log.Error("nobody thought of this");
            system.Log.Error("nobody thought of this");
        });
        Assert.Single(said, line => line.EndsWith(": nobody thought of this", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Warnings_and_failures_with_own_events_are_silent() => Assert.Equal(
        Nothing, await LogAsync("", (system, _) =>
    {
        system.Log.Warning("SBR took decision DownUnreachable");
        system.Log.Error("Association to [x] with UID [1] is irrecoverably failed. Quarantining address.");
        system.Log.Error(new InvalidOperationException("No response from remote"), "it ended");
        system.Log.Error(new JournalUnavailableException("locked"), "Failed to persist event type [x]");
        system.Log.Error(new JournalConflictException("x", 1, new IOException()), "Failed to persist event type [x]");
    }));

    [Fact]
    public async Task The_log_of_a_wrong_seed_name_has_the_real_name()
    {
        const string Text = "Dropping message [Akka.Actor.ActorSelectionMessage] for non-local recipient "
            + "[[akka.tcp://ipc@localhost:7831/]] arriving at [akka.tcp://ipc@localhost:7831] inbound addresses "
            + "[akka.tcp://ipc@127.0.0.1:7831]";
        var said = await LogAsync("", (system, _) =>
        {
            system.Log.Error(Text);
            system.Log.Error(Text);
        });
        Assert.StartsWith(
            "Cluster.Node[108] Warning: a node that wants to join calls this one localhost:7831, and it is 127.0.0.1:7831",
            Assert.Single(said), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_of_something_that_is_no_node_are_a_warning_once()
    {
        var said = await LogAsync("", (system, _) =>
        {
            for (var i = 0; i < 2; i++)
                system.Log.Error(new DotNetty.Codecs.TooLongFrameException("too long"), "Error caught channel");
        });
        Assert.StartsWith("Cluster.Node[123] Warning: something that is no node", Assert.Single(said), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_that_the_database_refuses_are_no_outage()
    {
        var said = await LogAsync("", (system, _) => system.Log.Error(
            new JournalUnavailableException("too long") { IsRefusal = true }, "Failed to persist event type [x]"));
        Assert.Contains("too long", Assert.Single(said), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_messages_are_shown_where_the_file_says_so()
    {
        var said = await LogAsync("akka.loglevel = INFO", (system, _) =>
        {
            system.Log.Info("a region starts");
            system.Log.Error("nobody thought of this");
        });
        Assert.Contains(said, line => line.StartsWith("Akka[0] Information: ", StringComparison.Ordinal)
            && line.EndsWith(": a region starts", StringComparison.Ordinal));
        Assert.Contains(said, line => line.StartsWith("Akka[0] Error: ", StringComparison.Ordinal));
        Assert.Contains(said, line => line.StartsWith("Cluster.Node[140] Error: ", StringComparison.Ordinal));
    }

    /// <summary>Everything that is logged up to a last message, which follows the action.</summary>
    private static async Task<string[]> LogAsync(string text, Action<ActorSystem, IActorRef> work)
    {
        const string last = "the last word";
        var logs = new Recorder(last);
        var file = ConfigurationFactory.ParseString(text);
        var config = file.WithFallback(ConfigurationFactory.ParseString($$"""
            akka { loglevel = WARNING, stdout-loglevel = OFF, loggers = ["{{typeof(AkkaLog).AssemblyQualifiedName}}"] }
            """));
        using var system = ActorSystem.Create(
            "ipc", BootstrapSetup.Create().WithConfig(config).And(NodeLogging.OfAkka(logs, file)));
        // An actor logs its failure before it continues, so the last message is logged last.
        var failing = system.ActorOf(Props.Create(() => new Failing()), "failing");
        work(system, failing);
        failing.Tell(last);
        await logs.Last.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await system.Terminate();
        return [.. logs.Lines.Where(line => !line.Contains(last, StringComparison.Ordinal))];
    }

    private sealed class Failing : UntypedActor
    {
        protected override void OnReceive(object message) => throw new InvalidOperationException((string)message);
    }

    private sealed class Recorder(string last) : ILoggerFactory
    {
        private readonly List<string> _lines = [];

        public TaskCompletionSource Last { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string[] Lines
        {
            get
            {
                lock (_lines) return [.. _lines];
            }
        }

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

        public void Dispose()
        {
        }

        private void Add(string line)
        {
            lock (_lines) _lines.Add(line);
            if (line.Contains(last, StringComparison.Ordinal)) Last.TrySetResult();
        }

        private sealed class Logger(Recorder recorder, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(Microsoft.Extensions.Logging.LogLevel logLevel) => true;

            public void Log<TState>(
                Microsoft.Extensions.Logging.LogLevel logLevel, EventId eventId, TState state, Exception? exception,
                Func<TState, Exception?, string> formatter) =>
                recorder.Add($"{category}[{eventId.Id}] {logLevel}: {formatter(state, exception)}");
        }
    }
}
