using Cluster.Protocol;
using Xunit.Abstractions;

namespace Cluster.Simulation.Sockets;

/// <summary>
/// Stream sockets in a bad world: connections are accepted once, the bytes that are received are exactly those whose send was
/// answered, in order, once, and nothing is left at the end. SOCKET_SEEDS runs so many seeds (150 by default).
/// </summary>
public sealed class SocketSimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void Bytes_are_received_once_and_in_order_despite_faults()
    {
        var seeds = new Seeds("socket simulation", "SOCKET_SEEDS", 150, output);
        var (calls, connections, records, ends) = (0L, 0L, 0L, 0L);
        foreach (var seed in seeds.All)
        {
            var (made, connected, sent, seen) = ProgramRun.Seed(seed, Play);
            (calls, connections, records, ends) = (calls + made, connections + connected, records + sent, ends + seen);
        }

        seeds.Say(
            $"{seeds.Count} seeds, {calls} calls, {connections} ends of connections, {records} records, {ends} ends seen");
        Assert.True(
            calls > 10 * seeds.Count && connections > 2 * seeds.Count && records > 100 * seeds.Count && ends > seeds.Count,
            "the runs did nothing");
    }

    private static (int Calls, int Connections, int Records, int Ends) Play(World world, Random random)
    {
        Administrator.Prepare(world).Act();
        var history = new SocketHistory();
        var name = random.Next(2) == 0 ? "/run/s" : "@s";
        var keeper = new SocketProgram(world, history, name, listens: true);
        ProgramRun.Await(world, () => keeper.IsReady);
        var clients = Enumerable.Range(0, random.Next(1, 4)).Select(_ => new SocketProgram(world, history, name)).ToArray();
        var servers = Enumerable.Range(0, random.Next(0, 3)).Select(_ => new SocketProgram(world, history, name)).ToArray();
        var programs = clients.Concat(servers).ToArray();
        ProgramRun.Await(world, () => programs.All(program => program.IsReady));
        foreach (var server in servers)
        {
            keeper.ShareWith(server);
            server.Accepts = keeper.Accepts;
        }

        ProgramRun.Settle(world, keeper);
        world.Faults = Faults.Draw(random);
        foreach (var program in programs.Append(keeper)) program.Begin();
        world.Curse();
        ProgramRun.KillSome(world, random, programs);
        ProgramRun.Outlast(world, [.. programs, keeper]);

        do
        {
            keeper.Drain();
            ProgramRun.Settle(world, keeper);
        }
        while (!keeper.FoundNobody);

        var living = programs.Append(keeper).Where(program => !program.IsDead).ToArray();
        foreach (var program in living) program.Finish();
        ProgramRun.Settle(world, living);
        if (living.FirstOrDefault(program => !program.IsFinished) is not null)
            throw new SimulationException("a connection has no end");
        history.Check();
        keeper.CloseListener();
        if (name[0] == '/') keeper.Unlink();
        ProgramRun.Settle(world, keeper);
        ProgramRun.Vanish(world, [.. programs, keeper], Kind.Socket);
        var listed = world.Journal.Names.Select(EntityIds.Parse)
            .Where(key => key.Kind == Kind.Directory && key.Id == (long)Kind.Socket)
            .Sum(key => world.Find(key).Machine.TakeSnapshot().Directory.Entries.Count);
        if (listed > 0) throw new SimulationException($"the directory has {listed} sockets that nobody holds");
        return (
            programs.Append(keeper).Sum(program => program.Count), programs.Append(keeper).Sum(program => program.Connections),
            history.Count, history.Ends);
    }
}
