using Cluster.Agent.Native;
using Cluster.Agent.Processes;
using Cluster.Agent.Wire;
using Google.Protobuf;

namespace Cluster.Agent.Calls;

/// <summary>mq_overview(7).</summary>
internal static class MqueueCalls
{
    private const int SIGEV_SIGNAL = 0;
    private const int Remove = -1;
    private const int NoAttributes = -1;

    private static readonly NamedObjects Queues = new(Kind.Mqueue, "mq");

    public static ValueTask<Answer> OpenAsync(Caller caller, CallFrame request, CancellationToken cancelled)
    {
        var (maxmsg, msgsize, rlimit) = (request[2], request[3], request[4]);
        return Queues.OpenAsync(
            caller, NamedObjects.NameOf(request), (int)request[0], (uint)request[1],
            get =>
            {
                if (maxmsg != NoAttributes)
                    get.Mqueue = new MqueueSize { Maxmsg = maxmsg, Msgsize = msgsize };
                get.RlimitMsgqueue = rlimit;
            },
            cancelled);
    }

    public static ValueTask<Answer> UnlinkAsync(Caller caller, CallFrame request, CancellationToken cancelled) =>
        Queues.UnlinkAsync(caller, request, cancelled);

    public static async ValueTask<Answer> SendAsync(Caller caller, CallFrame request, CancellationToken cancelled)
    {
        if (FileCalls.Find(caller, request, Kind.Mqueue) is not { } file)
            return Answer.Fail(Errno.EBADF);
        var send = new MqueueSend
        {
            Description = file.Number,
            Priority = (uint)request[1],
            Text = ByteString.CopyFrom(request.Payload.Span),
        };
        var call = new Call { Mqueue = new MqueueCall { Send = send } };
        var result = await FileCalls
            .CallAsync(file, call, "mq_send", cancelled, request.Timeout(2))
            .ConfigureAwait(false);
        await caller.Files.RefreshAsync(file.Target).ConfigureAwait(false);
        return Answer.Fail(result.Errno);
    }

    public static async ValueTask<Answer> ReceiveAsync(Caller caller, CallFrame request, CancellationToken cancelled)
    {
        if (FileCalls.Find(caller, request, Kind.Mqueue) is not { } file)
            return Answer.Fail(Errno.EBADF);
        var receive = new MqueueReceive { Description = file.Number, Size = request[1] };
        var call = new Call { Mqueue = new MqueueCall { Receive = receive } };
        var receipt = await file.Session.ReceiveAsync(
            file.Target, call, "mq_receive", cancelled, request.Timeout(2), file.Holder)
            .ConfigureAwait(false);
        await caller.Files.RefreshAsync(file.Target).ConfigureAwait(false);
        if (!receipt.Taken)
            return Answer.Fail(receipt.Result.Errno);
        var message = receipt.Result.MqueueMessage;
        return new Answer(message.Text.Length)
        {
            Extra = message.Priority,
            Payload = message.Text.Memory,
            Delivered = isDelivered => receipt.End(
                isDelivered, () => Back(receipt.Result.Seq), () => SendAgain(file, message)),
        };
    }

    /// <summary>Has the descriptor as ready as the queue, from now on: poll(2).</summary>
    public static async ValueTask<Answer> PollAsync(Caller caller, CallFrame request)
    {
        if (FileCalls.Find(caller, request, Kind.Mqueue) is not { } file)
            return Answer.Fail(Errno.EBADF);
        await caller.Files.PollAsync(file).ConfigureAwait(false);
        return new Answer(0);
    }

    public static async ValueTask<Answer> GetAttributesAsync(
        Caller caller, CallFrame request, CancellationToken cancelled) =>
        FileCalls.Find(caller, request, Kind.Mqueue) is { } file
            ? await AttributesAsync(file, cancelled).ConfigureAwait(false)
            : Answer.Fail(Errno.EBADF);

    public static async ValueTask<Answer> SetAttributesAsync(
        Caller caller, CallFrame request, CancellationToken cancelled)
    {
        if (FileCalls.Find(caller, request, Kind.Mqueue) is not { } file)
            return Answer.Fail(Errno.EBADF);
        var set = new DescriptionSetFlags { Number = file.Number, Flags = (int)request[1] & FileFlags.O_NONBLOCK };
        var before = await AttributesAsync(file, cancelled).ConfigureAwait(false);
        var call = new Call { Description = new DescriptionCall { SetFlags = set } };
        var result = await FileCalls.CallAsync(file, call, "mq_setattr", cancelled).ConfigureAwait(false);
        return result.Errno == 0 ? before : Answer.Fail(result.Errno);
    }

    public static async ValueTask<Answer> NotifyAsync(Caller caller, CallFrame request, CancellationToken cancelled)
    {
        if (FileCalls.Find(caller, request, Kind.Mqueue) is not { } file)
            return Answer.Fail(Errno.EBADF);
        var (method, signal, value) = ((int)request[1], (int)request[2], request[3]);
        if (method == Remove)
        {
            await UnregisterAsync(caller, file.Target).ConfigureAwait(false);
            return new Answer(0);
        }

        var notify = new MqueueNotify
        {
            Description = file.Number, Method = method, Signal = signal, Value = value,
        };
        var call = new Call { Mqueue = new MqueueCall { Notify = notify } };
        var result = await FileCalls.CallAsync(file, call, "mq_notify", cancelled).ConfigureAwait(false);
        if (result.Errno != 0)
            return Answer.Fail(result.Errno);
        var number = result.MqueueRegistration.Number;
        file.Register(caller.Process, number, () => UnregisterAsync(file, number));
        if (method == SIGEV_SIGNAL)
            _ = SignalAsync(caller, file, number, signal);
        return new Answer((long)number);
    }

    /// <summary>Waits until a message has come for a registration.</summary>
    public static async ValueTask<Answer> AwaitAsync(Caller caller, CallFrame request, CancellationToken cancelled)
    {
        if (FileCalls.Find(caller, request, Kind.Mqueue) is not { } file)
            return Answer.Fail(Errno.EBADF);
        var number = (ulong)request[1];
        var told = await WaitAsync(file, number, cancelled).ConfigureAwait(false);
        return new Answer(told is null ? 0 : 1);
    }

    /// <summary>Removes the registration of a program at a queue, whichever descriptor it was made by.</summary>
    public static Task UnregisterAsync(Caller caller, Target queue) =>
        caller.Files.FindRegistered(queue, caller.Process) is { Registration: { } registration } file
            ? UnregisterAsync(file, registration.Number)
            : Task.CompletedTask;

    /// <summary>Removes a registration if it is still there.</summary>
    public static async Task UnregisterAsync(OpenFile file, ulong number)
    {
        if (!file.TryUnregister(number))
            return;
        var notify = new MqueueNotify { Description = file.Number, Remove = true, Registration = number };
        try
        {
            await FileCalls
                .CallAsync(file, new Call { Mqueue = new MqueueCall { Notify = notify } }, "mq_notify", default)
                .ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is Cluster.Client.IpcException or ObjectDisposedException)
        {
            // The process of the cluster has ended, and the registration with it.
        }
    }

    private static async Task SignalAsync(Caller caller, OpenFile file, ulong number, int signal)
    {
        try
        {
            if (await WaitAsync(file, number, CancellationToken.None).ConfigureAwait(false) is { } told
                && !caller.Process.HasEnded)
            {
                Libc.SendMessageSignal(
                    caller.Process.Pid, signal, caller.Pids.ToLinux(told.Pid), told.Uid, told.Value);
            }
        }
        catch (Exception exception) when (exception is Cluster.Client.IpcException or ObjectDisposedException)
        {
            // The process of the cluster has ended: nobody is registered any more.
        }
    }

    private static async Task<MqueueNotification?> WaitAsync(
        OpenFile file, ulong number, CancellationToken cancelled)
    {
        var wait = new Call { Mqueue = new MqueueCall { Await = new MqueueAwait { Registration = number } } };
        var result = await FileCalls.CallAsync(file, wait, "mq_notify", cancelled).ConfigureAwait(false);
        file.TryUnregister(number);
        return result.MqueueNotification;
    }

    // struct ipc_wire_mq_attr.
    private static async ValueTask<Answer> AttributesAsync(OpenFile file, CancellationToken cancelled)
    {
        var getattr = new MqueueCall { Getattr = new MqueueGetattr { Description = file.Number } };
        var result = await FileCalls.CallAsync(file, new Call { Mqueue = getattr }, "mq_getattr", cancelled)
            .ConfigureAwait(false);
        if (result.Errno != 0)
            return Answer.Fail(result.Errno);
        var told = result.MqueueAttributes;
        return new Answer(0)
        {
            Payload = new WireWriter(32).Long(told.Flags).Long(told.Maxmsg).Long(told.Msgsize).Long(told.Curmsgs)
                .Written,
        };
    }

    private static Call SendAgain(OpenFile file, MqueueMessage message) => new()
    {
        Mqueue = new MqueueCall
        {
            Send = new MqueueSend
            {
                Description = file.Number, Priority = message.Priority, Text = message.Text,
            },
        },
    };

    private static Call Back(ulong seq) =>
        new() { Mqueue = new MqueueCall { Return = new MqueueReturn { Seq = seq } } };
}
