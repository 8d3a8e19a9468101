using System.Globalization;
using System.Text;
using Cluster.Conformance.Linux;
using Cluster.Conformance.Stories;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Conformance.Mqueues;

/// <summary>A descriptor of the kernel, and our description.</summary>
internal sealed record OpenedQueue(int Descriptor, EntityKey Queue, long Number);

/// <summary>Scripts on POSIX message queues.</summary>
internal sealed class Comparison(bool asRoot) : CrewComparison<Script, OpenedQueue>(asRoot, Script.Processes)
{
    private const long Past = 1; // a second after the epoch

    // CAP_SYS_RESOURCE: root in a container may not have it. Ours has uid 0 instead.
    private static readonly bool MayExceed = (Convert.ToInt64(File.ReadLines("/proc/self/status")
        .Single(line => line.StartsWith("CapEff:", StringComparison.Ordinal)).Split('\t')[1], 16) & 1 << 24) != 0;

    private readonly long[] _limits = new long[Script.Processes];

    private static EntityKey Directory => World.DirectoryOf(1, Kind.Mqueue);

    protected override WorkerCommand Blocking => WorkerCommand.MqReceive;

    // ---- steps ----

    protected override string? Take(Script script, int at, out string text)
    {
        var step = script.Steps[at];
        text = step.ToString();
        var who = step.Who;
        if (step is Step.Exit) return Exit(who);
        if (IsBlocked(who)) return null;
        switch (step)
        {
            case Step.Open open:
                return OpenQueue(open);
            case Step.Unlink unlink:
                var remove = new Call { Remove = new Remove { Name = unlink.Name } };
                return Both(who, WorkerCommand.MqUnlink, [0], Encoding.UTF8.GetBytes(unlink.Name), Directory, remove);
            case Step.Limit limit:
                SetLimit(who, limit.Bytes);
                return null;
            case Step.OnOpen on:
                return Open[who].Count == 0 ? null : OnOpen(on, Open[who][on.Which % Open[who].Count]);
            default:
                throw new InvalidOperationException($"no such step: {step}");
        }
    }

    private string? OpenQueue(Step.Open open)
    {
        var (who, isMaking) = (open.Who, (open.Flags & 0x40) != 0);
        if (isMaking && Crew[who].Uid == 0 && !MayExceed) return null;
        long[] numbers = [open.Flags, open.Mode, open.Size?.Maxmsg ?? long.MinValue, open.Size?.Msgsize ?? 0];
        var linux = Tell(who, WorkerCommand.MqOpen, numbers, Encoding.UTF8.GetBytes(open.Name));
        var get = new Get
        {
            Name = open.Name,
            Flags = (isMaking ? IpcFlags.IPC_CREAT : 0) | ((open.Flags & 0x80) != 0 ? IpcFlags.IPC_EXCL : 0),
            Mode = (uint)open.Mode,
            RlimitMsgqueue = _limits[who],
        };
        if (open.Size is { } size) get.Mqueue = new MqueueSize { Maxmsg = size.Maxmsg, Msgsize = size.Msgsize };
        var flags = open.Flags & (FileFlags.O_ACCMODE | FileFlags.O_NONBLOCK);
        var ours = OpenOurs(who, Kind.Mqueue, get, flags, out var queue, out var number);
        Saw(((Errno)linux.Errno).ToString());
        if (linux.Errno != (int)ours) return $"ours {ours}, Linux {(Errno)linux.Errno}";
        if (linux.Errno != 0) return null;
        Open[who].Add(new OpenedQueue(BitConverter.ToInt32(linux.Data), queue, number));
        return CompareState(queue);
    }

    private string? OnOpen(Step.OnOpen step, OpenedQueue opened)
    {
        var (who, queue, number) = (step.Who, opened.Queue, opened.Number);
        switch (step)
        {
            case Step.Send send:
                var text = Encoding.ASCII.GetBytes(send.Text);
                var mqSend = new MqueueSend
                {
                    Description = number, Priority = (uint)send.Priority, Text = ByteString.CopyFrom(text),
                };
                return Both(
                    who, WorkerCommand.MqSend, [opened.Descriptor, send.Priority, send.Timed ? Past : -1], text, queue,
                    Timed(send.Timed, new Call { Mqueue = new MqueueCall { Send = mqSend } }));
            case Step.Receive receive:
                var mqReceive = new MqueueReceive { Description = number, Size = receive.Size };
                return Both(
                    who, WorkerCommand.MqReceive, [opened.Descriptor, receive.Size, receive.Timed ? Past : -1], [], queue,
                    Timed(receive.Timed, new Call { Mqueue = new MqueueCall { Receive = mqReceive } }));
            case Step.SetFlags set:
                var flags = new DescriptionCall { SetFlags = new DescriptionSetFlags { Number = number, Flags = set.Flags } };
                return Both(
                    who, WorkerCommand.MqSetattr, [opened.Descriptor, set.Flags], [], queue, new Call { Description = flags });
            case Step.Notify notify:
                var mqNotify = new MqueueNotify
                {
                    Description = number, Method = notify.Method, Signal = notify.Signal, Remove = notify.Remove,
                };
                return Both(
                    who, WorkerCommand.MqNotify,
                    [opened.Descriptor, notify.Method, notify.Signal, notify.Remove ? 1 : 0], [], queue,
                    new Call { Mqueue = new MqueueCall { Notify = mqNotify } });
            default:
                Open[who].Remove(opened);
                var close = new DescriptionCall { Close = new DescriptionClose { Number = number } };
                return Both(who, WorkerCommand.MqClose, [opened.Descriptor], [], queue, new Call { Description = close });
        }
    }

    private static Call Timed(bool timed, Call call)
    {
        if (timed) call.TimeoutMs = 0;
        return call;
    }

    protected override void Prepare(int who) => SetLimit(who, Bounds.RlimitMsgqueue);

    private void SetLimit(int who, long bytes)
    {
        if (Tell(who, WorkerCommand.MqLimit, [bytes], []).Errno != 0)
            throw new InvalidOperationException("setrlimit failed");
        _limits[who] = bytes;
    }

    protected override void UnlinkAll()
    {
        foreach (var name in Script.Names) Libc.mq_unlink(name);
    }

    protected override void Close(int who, OpenedQueue opened) =>
        Tell(who, WorkerCommand.MqClose, [opened.Descriptor], []);

    protected override IEnumerable<EntityKey> OpenBy(int who) => Open[who].Select(opened => opened.Queue);

    // ---- comparison ----

    /// <summary>Compares struct mq_attr and the file of a queue, through one who has it open and is not blocked.</summary>
    protected override string? CompareState(EntityKey target)
    {
        for (var who = 0; who < Crew.Size; who++)
        {
            if (IsBlocked(who) || Open[who].Find(each => each.Queue.Equals(target)) is not { } opened) continue;
            var linux = Tell(who, WorkerCommand.MqState, [opened.Descriptor], []);
            var getattr = new MqueueCall { Getattr = new MqueueGetattr { Description = opened.Number } };
            var ours = Make(who, target, new Call { Mqueue = getattr })[^1].Result;
            if (linux.Errno != ours.Errno) return $"state: ours {(Errno)ours.Errno}, Linux {(Errno)linux.Errno}";
            return linux.Errno != 0 ? null : Same(linux.Data, ours.MqueueAttributes);
        }

        return null; // nobody can look
    }

    private string? Same(byte[] linux, MqueueAttributes ours)
    {
        long Long(int at) => BitConverter.ToInt64(linux, at * 8);
        var theirs = $"flags={Long(0)} maxmsg={Long(1)} msgsize={Long(2)} curmsgs={Long(3)}";
        var own = $"flags={ours.Flags} maxmsg={ours.Maxmsg} msgsize={ours.Msgsize} curmsgs={ours.Curmsgs}";
        if (theirs != own) return $"ours {own}, Linux {theirs}";
        if (linux.Length == 32) return null; // not open for reading
        var fields = Encoding.ASCII.GetString(linux, 32, linux.Length - 32)
            .Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        var pid = int.Parse(fields[3].Split(':')[1], CultureInfo.InvariantCulture);
        theirs = $"{fields[0]} {fields[1]} {fields[2]} NOTIFY_PID:{Worker(pid)}";
        own = $"QSIZE:{ours.Bytes} NOTIFY:{ours.Notify} SIGNO:{ours.Signal} NOTIFY_PID:{WhoIs(ours.NotifyPid)}";
        return theirs == own ? null : $"ours {own}, Linux {theirs}";
    }

    private int Worker(int pid) => Enumerable.Range(0, Crew.Size).FirstOrDefault(who => Crew[who].Pid == pid, -1);

    protected override string Show(WorkerReply reply, WorkerCommand command)
    {
        if (reply.Errno != 0) return ((Errno)reply.Errno).ToString();
        return command == WorkerCommand.MqReceive && reply.Data.Length >= 4
            ? $"message={BitConverter.ToUInt32(reply.Data)} \"{Encoding.ASCII.GetString(reply.Data, 4, reply.Data.Length - 4)}\""
            : "ok";
    }

    protected override string Show(Result result)
    {
        if (result.Errno != 0) return ((Errno)result.Errno).ToString();
        return result.MqueueMessage is { } message ? $"message={message.Priority} \"{message.Text.ToStringUtf8()}\"" : "ok";
    }
}
