using Akka.Actor;
using Akka.Configuration;
using Cluster.Actors.Journal;
using Cluster.Actors.Tests.Journal;
using Cluster.Protocol;
using static Cluster.Actors.Tests.Entities.Session;

namespace Cluster.Actors.Tests.Entities;

/// <summary>
/// Two entities of one name on one journal, as on both sides of a network that was split: one lives on.
/// </summary>
public sealed class TwinTests : JournalSpec
{
    private readonly string _folder = Directory.CreateTempSubdirectory("twins-").FullName;

    private const string Quiet = EntitySpec.Mailbox + "akka.loglevel = OFF";

    protected override Config JournalConfig =>
        GroupCommitJournalConfig.Sqlite(Path.Combine(_folder, "journal.db"));

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_older_twin_stops_at_its_next_write_without_an_answer()
    {
        var (here, there) = (StartNode(Quiet), StartNode(Quiet));
        var (oldHost, newHost) = (new EntityHost(here), new EntityHost(there));
        var (one, two) = (new Session(here, 7), new Session(there, 8));
        var old = oldHost.Start();
        one.Call(old, Send(1, "a"));
        await one.HearsAsync((1, Errno.None));

        var young = newHost.Start();
        two.Call(young, Send(1, "b"));
        await two.HearsAsync((1, Errno.None));
        one.Call(old, Send(2, "c"));
        await one.HearsMovedAsync();
        await oldHost.StoppedAsync(old);

        // The process comes with its call to the one that is left, by way of another session.
        var back = new Session(there, 7);
        back.Call(young, Send(2, "c"));
        await back.HearsAsync((2, Errno.None));
        await new Session(there, 9).SeesAsync(young, "a", "b", "c");
    }

    [Fact]
    public async Task A_twin_fences_the_older_one_before_its_first_answer()
    {
        var (here, there) = (StartNode(Quiet), StartNode(Quiet));
        var (oldHost, newHost) = (new EntityHost(here), new EntityHost(there));
        var (one, two) = (new Session(here, 7), new Session(there, 8));
        var old = oldHost.Start();
        one.Call(old, Send(1, "a"));
        await one.HearsAsync((1, Errno.None));

        // It has only been read, and yet it has written that it took over.
        var young = newHost.Start();
        two.Call(young, Stat(1));
        await two.HearsAsync((1, Errno.None));
        one.Call(old, Receive(2));
        await one.HearsMovedAsync();
        await oldHost.StoppedAsync(old);
        await new Session(there, 9).SeesAsync(young, "a");
    }
}
