using Cluster.Client.Engine;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Simulation.Sockets;

/// <summary>
/// A program that connects, or accepts at a socket that it made or was given, sends, receives and closes, and perhaps dies at
/// any moment, also in the middle of connect(2) or accept(2).
/// </summary>
internal sealed class SocketProgram : SimulatedProgram
{
    private const int CallsAtOnce = 5;
    private static readonly Target Directory = new() { Kind = Kind.Directory, Id = (long)Kind.Socket };

    private readonly SocketHistory _history;
    private readonly string? _listens;  // the name at which it listens
    private readonly HashSet<(int Id, long Number)> _held = [];
    private readonly HashSet<(int Id, long Number)> _ended = []; // it has received all
    private readonly string _name;

    public SocketProgram(World world, SocketHistory history, string name, bool listens = false)
        : base(world)
    {
        (_history, _name) = (history, name);
        _listens = listens ? name : null;
        var get = new Get
        {
            Name = name, Mode = 0x1FF, Flags = listens ? IpcFlags.IPC_CREAT | IpcFlags.IPC_EXCL : 0, Socket = Stream,
        };
        Start(Directory, new Call { Get = get });
    }

    private static SocketSpec Stream => new() { Type = SocketFlags.SOCK_STREAM };

    /// <summary>The socket that listens, known to all.</summary>
    public Target? Listener { get; private set; }

    /// <summary>The description of it that the program holds; 0: none.</summary>
    public long Accepts { get; set; }

    /// <summary>Whether <see cref="Listener"/> listens.</summary>
    public bool IsReady { get; private set; }

    /// <summary>Whether the last accept found nobody.</summary>
    public bool FoundNobody { get; private set; }

    /// <summary>Connections that were established or accepted here.</summary>
    public int Connections { get; private set; }

    public bool IsFinished => _held.Count == 0;

    /// <summary>Begins to make calls.</summary>
    public void Begin() => Act(mostMs: 120, cancels: 10);

    public void ShareWith(SocketProgram other) => Start(Listener!, Describe(
        new DescriptionCall { Share = new DescriptionShare { Number = Accepts, Pid = other.Driver.Pid } }));

    /// <summary>Accepts what is in the backlog.</summary>
    public void Drain()
    {
        FoundNobody = false;
        Start(Listener!, new Call { TimeoutMs = 0, Socket = new SocketCall { Accept = new() { Description = Accepts } } });
    }

    /// <summary>Sends no more, and receives what is left.</summary>
    public void Finish()
    {
        foreach (var held in _held.ToArray())
        {
            var shut = new Protocol.SocketShutdown { Description = held.Number, How = SocketFlags.SHUT_WR };
            Start(Of(held), new Call { Socket = new SocketCall { Shutdown = shut } });
            if (!_ended.Contains(held)) Receive(held, 1 << 20);
            else if (_held.Remove(held)) Close(held);
        }
    }

    public void CloseListener() =>
        Start(Listener!, Describe(new DescriptionCall { Close = new DescriptionClose { Number = Accepts } }));

    public void Unlink() => Start(Directory, new Call { Remove = new Remove { Name = _name } });

    protected override bool MayCall => IsReady && Driver.Running.Count < CallsAtOnce;

    protected override bool MayWait(EngineCall call) => call.Body.Socket is not null;

    protected override void Lose(EngineCall call)
    {
        if (call.Body.Socket is { Send: { } send }) _history.MayHaveSent(send.Data.Span);
        else if (call.Body.Socket is { Receive: { } receive })
            _history.MayHaveReceived((int)call.Target.Id, EndOf(receive.Description));
    }

    protected override void Do(Random random)
    {
        if (_held.Count == 0 || random.Next(8) == 0)
        {
            if (Accepts != 0) Start(Listener!, Timed(random, new SocketCall { Accept = new() { Description = Accepts } }));
            else Start(Directory, new Call { Get = new Get { Unnamed = true, Flags = IpcFlags.IPC_CREAT, Socket = Stream } });
            return;
        }

        var held = _held.ElementAt(random.Next(_held.Count));
        int[] records = [1, 5, 100, 512, 2_000, 30_000];
        var count = records[random.Next(records.Length)];
        switch (random.Next(12))
        {
            case 0 when random.Next(2) == 0:
                _held.Remove(held);
                Close(held);
                break;
            case < 6:
                var data = _history.Next(held.Id, EndOf(held.Number), count);
                var send = new SocketSend { Description = held.Number, Data = ByteString.CopyFrom(data) };
                Start(Of(held), Timed(random, new SocketCall { Send = send }));
                break;
            default:
                Receive(held, count * SocketHistory.RecordBytes, random);
                break;
        }
    }

    private void Receive((int Id, long Number) held, int size, Random? random = null)
    {
        var call = new SocketCall { Receive = new SocketReceive { Description = held.Number, Size = size } };
        Start(Of(held), random is null ? new Call { Socket = call } : Timed(random, call));
    }

    private void Close((int Id, long Number) held)
    {
        _history.MayHaveReceived(held.Id, EndOf(held.Number)); // receives may be under way
        Start(Of(held), Describe(new DescriptionCall { Close = new DescriptionClose { Number = held.Number } }));
    }

    private static Call Timed(Random random, SocketCall call)
    {
        var timed = new Call { Socket = call };
        if (random.Next(3) == 0) timed.TimeoutMs = random.Next(2_000);
        return timed;
    }

    private static Call Describe(DescriptionCall call) => new() { Description = call };

    private static Target Of((int Id, long Number) held) => new() { Kind = Kind.Socket, Id = held.Id };

    private static int EndOf(long description) => description == 1 ? 0 : 1;

    protected override void Completed(EngineCall call, Result result)
    {
        var errno = (Errno)result.Errno;
        if (call.Body.Socket is { } operation) Completed(call, operation, result, errno);
        else if (call.Body.Description is { } description) Completed(call, description, result, errno);
        else if (errno is Errno.EINTR or Errno.ENOBUFS && !IsStopped) Again(call);
        else if (call.Body.Get is { } get && errno == Errno.None) Got(get, result);
        else if (errno is not (Errno.None or Errno.EINTR or Errno.ENOBUFS))
            throw new SimulationException($"{call.Body} failed with {errno}");
    }

    private void Got(Get get, Result result)
    {
        var target = new Target { Kind = Kind.Socket, Id = result.Got.Id };
        if (get.Name.Length > 0) Listener = target;
        if (get.Name.Length > 0 && _listens is null) IsReady = true;
        else if (!IsDead)
            Start(target, Describe(new DescriptionCall
            {
                Open = new DescriptionOpen { Flags = FileFlags.O_RDWR, CreatedBy = result.Seq },
            }));
    }

    private void Completed(EngineCall call, DescriptionCall description, Result result, Errno errno)
    {
        if (errno is not (Errno.None or Errno.EINTR or Errno.ENOBUFS))
            throw new SimulationException($"{call.Body} failed with {errno}");
        if (errno != Errno.None && description.Share is null)
        {
            if (!IsDead) Again(call);
        }
        else if (result.DescriptionOpened is { } opened && !IsDead)
        {
            if (call.Target.Equals(Listener)) Accepts = opened.Number;
            if (IsStopped)
            {
                Close(((int)call.Target.Id, opened.Number)); // nobody may ever accept it
                return;
            }

            var next = call.Target.Equals(Listener)
                ? new SocketCall { Listen = new SocketListen { Description = opened.Number, Backlog = 2 } }
                : new SocketCall { Connect = new() { Description = 1, Listener = (int)Listener!.Id, Name = _name } };
            Start(call.Target, Timed(World.Clock.Random, next));
        }
    }

    private void Completed(EngineCall call, SocketCall operation, Result result, Errno errno)
    {
        var id = (int)call.Target.Id;
        if (errno is not (Errno.None or Errno.EINTR or Errno.ENOBUFS or Errno.ETIMEDOUT)
            && (operation.OpCase, errno) is not (
                (SocketCall.OpOneofCase.Send, Errno.EPIPE or Errno.EBADF)
                or (SocketCall.OpOneofCase.Receive, Errno.ECONNRESET or Errno.EBADF)
                or (SocketCall.OpOneofCase.Connect, Errno.EAGAIN)
                or (SocketCall.OpOneofCase.Shutdown, Errno.EBADF)))
            throw new SimulationException($"{call.Body} failed with {errno}");
        switch (operation.OpCase)
        {
            case SocketCall.OpOneofCase.Listen:
                if (errno == Errno.None) IsReady = true;
                else Again(call);
                break;
            case SocketCall.OpOneofCase.Connect:
                if (errno == Errno.None) Established((id, 1));
                else if (!IsDead) Close((id, 1));
                break;
            case SocketCall.OpOneofCase.Accept:
                FoundNobody = errno == Errno.ETIMEDOUT;
                if (errno == Errno.None) Established((result.SocketAccepted.Connection, result.SocketAccepted.Description));
                break;
            case SocketCall.OpOneofCase.Send:
                _history.Sent(operation.Send.Data.Span, errno == Errno.None ? result.SocketSent.Bytes : 0);
                break;
            case SocketCall.OpOneofCase.Receive:
                Received((id, operation.Receive.Description), operation.Receive, result, errno);
                break;
            default:
                break;
        }
    }

    private void Established((int Id, long Number) connection)
    {
        Connections++;
        _held.Add(connection);
    }

    private void Received((int Id, long Number) held, SocketReceive receive, Result result, Errno errno)
    {
        var data = errno == Errno.None ? result.SocketBytes.Data : ByteString.Empty;
        if (data.Length > 0) _history.Received(held.Id, EndOf(held.Number), data.Span, result.Revision);
        var hasEnded = (errno == Errno.None && data.Length == 0) || errno == Errno.ECONNRESET;
        if (hasEnded && _ended.Add(held)) _history.Ended(held.Id, EndOf(held.Number));
        if (!IsStopped || IsDead || receive.Size < 1 << 20) return;
        if (!hasEnded)
        {
            Receive(held, 1 << 20);
        }
        else if (_held.Remove(held))
        {
            Start(Of(held), Describe(new DescriptionCall { Close = new DescriptionClose { Number = held.Number } }));
        }
    }
}
