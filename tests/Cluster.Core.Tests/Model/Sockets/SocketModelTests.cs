using System.Globalization;
using Cluster.Protocol;
using Google.Protobuf;
using Xunit.Abstractions;

namespace Cluster.Core.Tests.Model.Sockets;

/// <summary>
/// The real sockets against the model, over a long random run of calls that do not wait. Each process has one end. MODEL_SEED
/// repeats a run. The journal and the snapshot are replayed on the way. What waits is the business of the simulation.
/// </summary>
public sealed class SocketModelTests(ITestOutputHelper output)
{
    private const int Operations = 30_000;

    private readonly ulong[] _seqs = new ulong[3]; // by process
    private SocketHost _host = null!;
    private SocketModel _model = null!;
    private Random _random = null!;
    private long _nowMs = 1_000_000_000_000;

    [Theory]
    [InlineData(SocketFlags.SOCK_STREAM)]
    [InlineData(SocketFlags.SOCK_SEQPACKET)]
    public void The_object_behaves_as_its_model(int type)
    {
        var seed = int.TryParse(
            Environment.GetEnvironmentVariable("MODEL_SEED"), CultureInfo.InvariantCulture, out var given)
            ? given
            : Random.Shared.Next();
        output.WriteLine($"MODEL_SEED={seed}");
        _random = new Random(seed);
        var seen = new SortedDictionary<string, int>();
        var last = new Queue<string>();
        Renew(type);
        for (var done = 0; done < Operations; done++)
        {
            if (!_model.IsOpen(0) && !_model.IsOpen(1)) Renew(type);
            var (name, expected, actual) = Step();
            last.Enqueue($"{name}: {actual}");
            if (last.Count > 30) last.Dequeue();
            if (expected != actual)
                Assert.Fail($"MODEL_SEED={seed}, operation {done}: {expected} in the model\n{string.Join('\n', last)}");
            _host.Machine.CheckInvariants();
            if (done % 16 == 0) _host.Entity.Check(fromStart: false);
            var sort = actual.Split('=')[0];
            seen[sort] = seen.GetValueOrDefault(sort) + 1;
        }

        foreach (var (sort, count) in seen) output.WriteLine($"{count,8} {sort}");
        string[] outcomes = ["sent", "received", "ready", "ok", "EAGAIN", "EBADF", "EPIPE", "ECONNRESET"];
        Assert.All(outcomes, outcome => Assert.Contains(outcome, seen.Keys));
        Assert.Equal(type == SocketFlags.SOCK_SEQPACKET, seen.ContainsKey("EMSGSIZE"));
    }

    // Process 1 makes the pair and gives the second end to process 2.
    private void Renew(int type)
    {
        (_host, _model) = (new SocketHost(type, _nowMs), new SocketModel(type != SocketFlags.SOCK_STREAM));
        Array.Fill(_seqs, 1UL);
        var open = new DescriptionOpen { CreatedBy = 1, Pair = true };
        Assert.Equal("opened=1,2", Call(1, new Call { Description = new DescriptionCall { Open = open } }));
        var share = new DescriptionShare { Number = 2, Pid = 2 };
        Assert.Equal("ok", Call(1, new Call { Description = new DescriptionCall { Share = share } }));
        var close = new DescriptionClose { Number = 2 };
        Assert.Equal("ok", Call(1, new Call { Description = new DescriptionCall { Close = close } }));
    }

    private (string Name, string Expected, string Actual) Step()
    {
        var end = _random.Next(2);
        var (pid, number) = (end + 1, end + 1L);
        switch (_random.Next(100))
        {
            case < 45:
                int[] lengths = [0, 1, 10, 1_000, 4_096, 5_000, 60_000, 212_960, 212_961];
                var data = new byte[lengths[_random.Next(lengths.Length)]];
                _random.NextBytes(data);
                var send = new SocketSend
                {
                    Description = number, Data = ByteString.CopyFrom(data), Flags = SocketFlags.MSG_DONTWAIT,
                };
                return ($"{end} sends {data.Length}", _model.Send(end, data), Call(pid, Of(new SocketCall { Send = send })));
            case < 85:
                int[] sizes = [0, 1, 100, 4_096, 50_000, 300_000];
                var (size, isAll) = (sizes[_random.Next(sizes.Length)], _random.Next(6) == 0);
                var receive = new SocketReceive
                {
                    Description = number,
                    Size = size,
                    Flags = SocketFlags.MSG_DONTWAIT | (isAll ? SocketFlags.MSG_WAITALL : 0),
                };
                return (
                    $"{end} receives {size} {isAll}", _model.Receive(end, _seqs[pid] + 1, size, isAll),
                    Call(pid, Of(new SocketCall { Receive = receive })));
            case < 90:
                var poll = new DescriptionPoll { Number = number, Events = 5 };
                return (
                    $"{end} polls", _model.Poll(end),
                    Call(pid, new Call { TimeoutMs = 0, Description = new DescriptionCall { Poll = poll } }));
            case < 92:
                var how = _random.Next(3);
                var shut = new SocketShutdown { Description = number, How = how };
                return ($"{end} shuts {how}", _model.Shut(end, how), Call(pid, Of(new SocketCall { Shutdown = shut })));
            case < 93:
                var close = new DescriptionClose { Number = number };
                return (
                    $"{end} closes", _model.Close(end),
                    Call(pid, new Call { Description = new DescriptionCall { Close = close } }));
            case < 94 when _model.IsOpen(end):
                var ack = _random.Next(2) == 0 ? _seqs[pid] + 1 : 0;
                _model.Acknowledge(end, ack);
                _model.Exit(end);
                _host.Exit(pid, ack, _nowMs);
                _host.Take(_nowMs);
                return ($"{pid} exits", "", "");
            default:
                _host.Crash(_nowMs);
                _host.Take(_nowMs);
                return ("a crash", "", "");
        }
    }

    private static Call Of(SocketCall call) => new() { Socket = call };

    private string Call(int pid, Call call)
    {
        call.Seq = ++_seqs[pid];
        _nowMs += 10;
        // Some results stay without an acknowledgement for a while.
        var ack = _random.Next(4) == 0 ? call.Seq : 0;
        if (ack > 0) _model.Acknowledge(pid - 1, ack);
        var stamp = new Stamp { Pid = pid, Credentials = new Credentials { Uid = 1000 }, Namespace = 1, Limits = new Limits() };
        var submit = new Submit { Stamp = stamp, Ack = ack, Calls = { call } };
        _host.Machine.Submit(submit, _nowMs);
        var results = _host.Take(_nowMs).Where(each => each.Pid == pid && each.Seq == call.Seq).ToArray();
        if (results.Length == 0) return "EBADF"; // the process has exited
        _host.Machine.Submit(submit, _nowMs); // it comes again, and gets the same result or none
        var again = _host.Take(_nowMs).Where(each => each.Pid == pid && each.Seq == call.Seq).ToArray();
        if (call.Description is null) Assert.All(again, each => Assert.Equal(results[0].Outcome, each.Outcome));
        return results[0].Outcome;
    }
}
