using System.Text;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Tests.Fakes;

/// <summary>
/// The state of one message queue. There is no clock: a call with a time-out that would have to wait times out at once.
/// </summary>
internal sealed class FakeQueue(int id, Permissions permissions, ulong qbytes, bool isVolatile)
{
    private readonly List<IpcMessage> _messages = [];
    private readonly List<Waiter> _waiters = [];
    private ulong _revision;

    public QueueStat Stat { get; } = new()
    {
        Id = id, Permissions = permissions, Qbytes = qbytes, Volatile = isVolatile,
    };

    public IReadOnlyList<IpcMessage> Messages => _messages;

    public bool IsRemoved { get; private set; }

    public bool TrySend(long type, ReadOnlyMemory<byte> text, int pid)
    {
        if (Stat.Cbytes + (ulong)text.Length > Stat.Qbytes) return false;
        var message = new IpcMessage(type, text.ToArray(), ++_revision);
        Stat.Lspid = pid;
        var waiter = _waiters.Find(each => Matches(each.Type, each.Flags, type));
        if (waiter is null) _messages.Add(message);
        else
        {
            _waiters.Remove(waiter);
            waiter.Done.TrySetResult(message);
        }

        Count();
        return true;
    }

    public void Send(long type, string text) => TrySend(type, Encoding.UTF8.GetBytes(text), 1);

    public IpcMessage? TryReceive(long type, int size, int flags, int pid)
    {
        var index = Find(type, flags);
        if (index < 0) return null;
        var message = _messages[index];
        if (message.Text.Length > size)
        {
            if ((flags & IpcFlags.MSG_NOERROR) == 0) throw new IpcException(Errno.E2BIG, "msgrcv");
            message = message with { Text = message.Text[..size] };
        }

        _messages.RemoveAt(index);
        Stat.Lrpid = pid;
        Count();
        return message;
    }

    /// <summary>Who took it ends without having acknowledged it.</summary>
    public void PutBack(IpcMessage message)
    {
        _messages.Insert(0, message);
        Count();
    }

    public Task<IpcMessage> Wait(long type, int flags, CancellationToken cancelled, CancellationToken closed)
    {
        var waiter = new Waiter(type, flags);
        _waiters.Add(waiter);
        Count();
        cancelled.Register(() => waiter.Done.TrySetCanceled(cancelled));
        closed.Register(() => waiter.Done.TrySetException(new ObjectDisposedException(nameof(IpcClient))));
        return waiter.Done.Task;
    }

    public void Remove()
    {
        IsRemoved = true;
        foreach (var waiter in _waiters) waiter.Done.TrySetException(new IpcException(Errno.EIDRM, "msgrcv"));
        _waiters.Clear();
    }

    private int Find(long type, int flags)
    {
        if (type >= 0) return _messages.FindIndex(message => Matches(type, flags, message.Type));
        var lowest = _messages.Where(message => message.Type <= -type).Select(message => message.Type)
            .DefaultIfEmpty(0).Min();
        return _messages.FindIndex(message => message.Type == lowest);
    }

    private static bool Matches(long wanted, int flags, long type) => wanted switch
    {
        0 => true,
        < 0 => type <= -wanted,
        _ => (flags & IpcFlags.MSG_EXCEPT) != 0 ? type != wanted : type == wanted,
    };

    private void Count()
    {
        Stat.Qnum = (ulong)_messages.Count;
        Stat.Cbytes = (ulong)_messages.Sum(message => message.Text.Length);
        Stat.Receivers = (uint)_waiters.Count;
    }

    private sealed record Waiter(long Type, int Flags)
    {
        public TaskCompletionSource<IpcMessage> Done { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
