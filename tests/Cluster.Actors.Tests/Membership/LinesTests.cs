using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Cluster.Actors.Membership;

namespace Cluster.Actors.Tests.Membership;

/// <summary>
/// When a process counts as dead: only if the silent line ended with FIN and then its port refuses, or another process
/// answers there, and the line of the questions has ended too. The far end is a socket of the test, which does what
/// kernels, firewalls and other programs do.
/// </summary>
public sealed class LinesTests : IDisposable
{
    private const int Self = 1;
    private const int Other = 2;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly Channel<int> _died = Channel.CreateUnbounded<int>();
    private readonly Quorum _quorum = new(() => BootClock.NowMs);
    private readonly Lines _lines;
    private readonly Socket _port;

    public LinesTests()
    {
        _lines = new Lines(
            Self, new IPEndPoint(IPAddress.Loopback, 0), _quorum, 60_000, uid => _died.Writer.TryWrite(uid),
            () => BootClock.NowMs);
        _port = Listen();
        _lines.SetView(new LineView(true, new HashSet<int> { Other }, new HashSet<int> { Other }));
        _lines.AddPeer(Other, (IPEndPoint)_port.LocalEndPoint!);
    }

    public void Dispose()
    {
        _lines.Dispose();
        _port.Dispose();
    }

    [Fact]
    public async Task AProcessWhoseLineEndsAndWhosePortRefusesIsDead()
    {
        var (watch, ask) = await GreetBothAsync(Other);
        _port.Dispose();
        watch.Dispose(); // a kernel closes what a dead process had open
        ask.Dispose();
        Assert.Equal(Other, await DiedAsync());
    }

    [Fact]
    public async Task AProcessThatAnotherOneHasReplacedIsDead()
    {
        var (watch, ask) = await GreetBothAsync(Other);
        watch.Dispose();
        ask.Dispose();
        await GreetAsync(LineKind.Watch, uid: 77);
        Assert.Equal(Other, await DiedAsync());
    }

    [Fact]
    public async Task AProcessIsNotDeadThatAnswersWhileItsSilentLineHasEndedAndItsPortRefuses()
    {
        // What stands between ends idle connections and takes no new ones.
        var (watch, ask) = await GreetBothAsync(Other);
        _port.Dispose();
        watch.Dispose();
        for (var i = 0; i < 8; i++)
        {
            var (askedMs, _) = LineFrame.Ping(await ReadAsync(ask));
            await ask.SendAsync(LineFrame.Ping(askedMs, 2));
        }

        Assert.True(await AreTakenAsync(ask, BootClock.NowMs));
        Assert.False(_died.Reader.TryRead(out _));
        ask.Dispose(); // and in the end that one too
        await Assert.ThrowsAsync<TimeoutException>(
            () => _died.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task APortThatRefusesProvesNothingBeforeTheOtherLineHasEndedToo()
    {
        var (watch, ask) = await GreetBothAsync(Other);
        _port.Dispose();
        watch.Dispose();
        await IsNotDeadAsync(ask);
        ask.Dispose();
        Assert.Equal(Other, await DiedAsync());
    }

    [Fact]
    public async Task ALeaveThatIsTakenIsNoAnswer()
    {
        var (_, ask) = await GreetBothAsync(Other);
        await ask.SendAsync(LineFrame.Hello(LineKind.Bye, Other, Self));
        Assert.True(await AreTakenAsync(ask, BootClock.NowMs));
        Assert.False(_quorum.IsFresh);
        var (askedMs, _) = LineFrame.Ping(await ReadAsync(ask));
        await ask.SendAsync(LineFrame.Ping(askedMs, 2));
        while (!_quorum.IsFresh) await ReadAsync(ask); // the answer has still to be taken
    }

    [Fact]
    public async Task ALineThatBreaksDoesNotMakeAProcessDeadThatAnswers()
    {
        var (watch, ask) = await GreetBothAsync(Other);
        watch.Dispose();
        using var again = await GreetAsync(LineKind.Watch, Other);
        await IsNotDeadAsync(ask);
    }

    [Fact]
    public async Task AResetProvesNothingNotEvenIfThePortRefuses()
    {
        // A firewall that rejects with tcp-reset, in front of a process that lives.
        var (watch, ask) = await GreetBothAsync(Other);
        _port.Dispose();
        watch.LingerState = new LingerOption(true, 0);
        watch.Dispose();
        await IsNotDeadAsync(ask);
    }

    [Fact]
    public async Task APortThatAnotherProgramHasProvesNothing()
    {
        var (watch, ask) = await GreetBothAsync(Other);
        watch.Dispose();
        using var caller = await _port.AcceptAsync();
        await caller.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
        await IsNotDeadAsync(ask);
    }

    [Fact]
    public async Task AProcessThatTakesItsLeaveIsNotDeadYet()
    {
        var (watch, ask) = await GreetBothAsync(Other);
        await watch.SendAsync(LineFrame.Hello(LineKind.Bye, Other, Self));
        watch.Dispose();
        _port.Dispose();
        await IsNotDeadAsync(ask);
    }

    [Fact]
    public async Task AProcessThatWasGivenUpIsDeadWhenItEndsEvenIfItTookItsLeave()
    {
        var (watch, ask) = await GreetBothAsync(Other);
        _lines.SetView(
            new LineView(true, new HashSet<int>(), new HashSet<int>()) { Down = new HashSet<int> { Other } });
        Assert.True(await AreTakenAsync(ask, BootClock.NowMs)); // the view, too
        await watch.SendAsync(LineFrame.Hello(LineKind.Bye, Other, Self));
        watch.Dispose();
        _port.Dispose();
        ask.Dispose();
        Assert.Equal(Other, await DiedAsync());
    }

    [Fact]
    public async Task AProcessThatIsStoppedIsNotDead()
    {
        // SIGSTOP: the kernel goes on accepting, and nobody answers.
        var (_, ask) = await GreetBothAsync(Other);
        await IsNotDeadAsync(ask);
    }

    [Fact]
    public async Task AnAnswerOfTheMajorityIsALeaseAndItsAbsenceIsNone()
    {
        var (_, ask) = await GreetBothAsync(Other);
        Assert.False(_quorum.IsFresh);
        var (askedMs, _) = LineFrame.Ping(await ReadAsync(ask));
        await ask.SendAsync(LineFrame.Ping(askedMs, 2));
        while (!_quorum.IsFresh) await ReadAsync(ask); // the answer has still to be taken
        _lines.SetView(new LineView(false, new HashSet<int> { Other }, new HashSet<int> { Other }));
        while (_quorum.IsFresh) await ReadAsync(ask);
    }

    [Fact]
    public async Task AProcessWhoseLinesMoveIsWatchedWhereTheyAre()
    {
        // The far end's actor was started anew, and its kernel chose another port.
        var (watch, _) = await GreetBothAsync(Other);
        using var elsewhere = Listen();
        await watch.SendAsync(LineFrame.Hello(LineKind.Bye, Other, Self));
        _lines.AddPeer(Other, (IPEndPoint)elsewhere.LocalEndPoint!);
        var (again, ask) = await GreetBothAsync(elsewhere, Other);
        elsewhere.Dispose();
        again.Dispose();
        ask.Dispose();
        Assert.Equal(Other, await DiedAsync());
    }

    [Fact]
    public async Task OnlyAMemberIsToldThatItIsOne()
    {
        using var member = await CallAsync(LineKind.Ask, Other);
        using var stranger = await CallAsync(LineKind.Ask, 99);
        await stranger.SendAsync(LineFrame.Ping(5, 0));
        await member.SendAsync(LineFrame.Ping(6, 0));
        Assert.Equal((6, 2), LineFrame.Ping(await ReadAsync(member)));
        Assert.Equal(0, stranger.Available);
    }

    private async Task<Socket> CallAsync(LineKind kind, int uid)
    {
        while (true)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, _lines.Port);
            try
            {
                await socket.SendAsync(LineFrame.Hello(kind, uid, Self));
                if (await TryReadAsync(socket) is { } hello)
                {
                    Assert.True(LineFrame.TryHello(hello, out _, out var from, out _));
                    Assert.Equal(Self, from);
                    return socket;
                }
            }
            catch (SocketException)
            {
                // As below.
            }

            socket.Dispose(); // whoever calls and says nothing for a second is hung up on: this test was too slow
        }
    }

    private static Socket Listen()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return socket;
    }

    private Task<(Socket Watch, Socket Ask)> GreetBothAsync(int uid) => GreetBothAsync(_port, uid);

    private static async Task<(Socket Watch, Socket Ask)> GreetBothAsync(Socket port, int uid)
    {
        var found = new Dictionary<LineKind, Socket>();
        while (true)
        {
            while (found.Count < 2)
            {
                var socket = await port.AcceptAsync().WaitAsync(Soon);
                if (await AnswerAsync(socket, uid) is { } kind) found[kind] = socket;
            }

            if (!await AreTakenAsync(found[LineKind.Ask], BootClock.NowMs)) found.Remove(LineKind.Ask);
            else if (IsClosed(found[LineKind.Watch])) found.Remove(LineKind.Watch);
            else return (found[LineKind.Watch], found[LineKind.Ask]);
        }
    }

    // Whoever asks for the second time since then has read what was sent by then, or given a line up before. Not any
    // two questions: of those that were asked before, a busy machine may have kept some. False: this line was given up.
    private static async Task<bool> AreTakenAsync(Socket ask, long sentMs)
    {
        try
        {
            for (var later = 0; later < 2;)
            {
                await ask.ReceiveAsync(Memory<byte>.Empty).AsTask().WaitAsync(Soon); // until there is something
                if (IsClosed(ask)) return false;
                if (LineFrame.Ping(await ReadAsync(ask)).AskedMs > sentMs) later++;
            }

            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static bool IsClosed(Socket socket) => socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0;

    private async Task<Socket> GreetAsync(LineKind kind, int uid)
    {
        while (true)
        {
            var socket = await _port.AcceptAsync().WaitAsync(Soon);
            if (await AnswerAsync(socket, uid) == kind) return socket;
        }
    }

    // Null: the lines gave the call up, because a busy machine did not get to it, or to the answer, within their
    // second. They call again.
    private static async Task<LineKind?> AnswerAsync(Socket socket, int uid)
    {
        try
        {
            if (await TryReadAsync(socket) is not { } hello) return null;
            Assert.True(LineFrame.TryHello(hello, out var kind, out var from, out var to));
            Assert.Equal((Self, Other), (from, to));
            await socket.SendAsync(LineFrame.Hello(kind, uid, from));
            return kind;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private static async Task<byte[]> ReadAsync(Socket socket)
    {
        var frame = await TryReadAsync(socket);
        Assert.NotNull(frame);
        return frame;
    }

    // Null: the line has ended.
    private static async Task<byte[]?> TryReadAsync(Socket socket)
    {
        var frame = new byte[LineFrame.Bytes];
        for (var filled = 0; filled < frame.Length;)
        {
            var count = await socket.ReceiveAsync(frame.AsMemory(filled)).AsTask().WaitAsync(Soon);
            if (count == 0) return null;
            filled += count;
        }

        return frame;
    }

    private async Task<int> DiedAsync() => await _died.Reader.ReadAsync().AsTask().WaitAsync(Soon);

    // Long enough for four attempts to call it again: questions come on the other line all the while.
    private async Task IsNotDeadAsync(Socket line)
    {
        for (var i = 0; i < 8; i++) await ReadAsync(line);
        Assert.False(_died.Reader.TryRead(out _));
    }
}
