using Akka.Actor;
using Akka.Persistence;
using Akka.TestKit.Xunit2;
using Cluster.Protocol;
using static Cluster.Actors.Tests.Entities.Session;

namespace Cluster.Actors.Tests.Entities;

/// <summary>A write that was made although the journal says that it failed.</summary>
public sealed class LostConfirmationTests : TestKit
{
    private const string Settings = EntitySpec.Mailbox + """
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        akka.test.default-timeout = 120s
        akka.test.single-expect-default = 120s
        akka.persistence.journal {
          plugin = "akka.persistence.journal.forgetful"
          forgetful {
            class = "Cluster.Actors.Tests.Entities.ForgetfulJournal, Cluster.Actors.Tests"
            plugin-dispatcher = "akka.actor.default-dispatcher"
            recovery-event-timeout = 10m
            circuit-breaker { max-failures = 1000, call-timeout = 10m, reset-timeout = 1s }
          }
        }

        akka.persistence.snapshot-store.plugin = "akka.persistence.no-snapshot-store"
        """;

    public LostConfirmationTests()
        : base(Settings)
    {
    }

    [Fact]
    public async Task A_repeated_call_is_answered_and_runs_once()
    {
        var host = new EntityHost(this);
        var (one, two, reader) = (new Session(this, 7), new Session(this, 8), new Session(this, 9));
        var queue = host.Start();
        one.Call(queue, Send(1, "a"), Send(2, "b"));
        await one.HearsAsync((1, Errno.None), (2, Errno.None));

        await Persistence.Instance.Apply(Sys).JournalFor(null).Ask(new ForgetfulJournal.Forget());
        one.Call(queue, Send(3, "c"), Receive(4));
        await one.HearsMovedAsync();
        await host.StoppedAsync(queue);

        queue = host.Start();
        two.Call(queue, Send(1, "d"));
        one.Call(queue, Send(3, "c"), Receive(4));
        await two.HearsAsync((1, Errno.None));
        var results = await one.HearsAsync((3, Errno.None), (4, Errno.None));
        Assert.Equal("a", results.Results_[1].Message.Text.ToStringUtf8());
        await reader.SeesAsync(queue, "b", "c", "d");
    }
}
