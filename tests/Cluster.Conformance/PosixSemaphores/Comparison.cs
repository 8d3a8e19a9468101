using System.Text;
using Cluster.Conformance.Linux;
using Cluster.Conformance.Stories;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;

namespace Cluster.Conformance.PosixSemaphores;

/// <summary>An address of the C library, and our description.</summary>
internal sealed record OpenedSemaphore(long Address, EntityKey Semaphore, long Number);

/// <summary>Scripts on named POSIX semaphores.</summary>
internal sealed class Comparison(bool asRoot) : CrewComparison<Script, OpenedSemaphore>(asRoot, Script.Processes)
{
    private static EntityKey Directory => World.DirectoryOf(1, Kind.PosixSemaphore);

    protected override WorkerCommand Blocking => WorkerCommand.SemWait;

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
                return OpenSemaphore(open);
            case Step.Unlink unlink:
                var remove = new Call { Remove = new Remove { Name = unlink.Name } };
                return Both(who, WorkerCommand.SemUnlink, [0], Encoding.UTF8.GetBytes(unlink.Name), Directory, remove);
            case Step.OnOpen on:
                return Open[who].Count == 0 ? null : OnOpen(on, Open[who][on.Which % Open[who].Count]);
            default:
                throw new InvalidOperationException($"no such step: {step}");
        }
    }

    private string? OpenSemaphore(Step.Open open)
    {
        var who = open.Who;
        var linux = Tell(
            who, WorkerCommand.SemOpen, [open.Flags, open.Mode, open.Value], Encoding.UTF8.GetBytes(open.Name));
        var get = new Get
        {
            Name = open.Name,
            Flags = ((open.Flags & 0x40) != 0 ? IpcFlags.IPC_CREAT : 0) | ((open.Flags & 0x80) != 0 ? IpcFlags.IPC_EXCL : 0),
            Mode = (uint)open.Mode,
            Size = open.Value,
        };
        var ours = OpenOurs(who, Kind.PosixSemaphore, get, FileFlags.O_RDWR, out var semaphore, out var number);
        Saw(((Errno)linux.Errno).ToString());
        if (linux.Errno != (int)ours) return $"ours {ours}, Linux {(Errno)linux.Errno}";
        if (linux.Errno != 0) return null;
        Open[who].Add(new OpenedSemaphore(BitConverter.ToInt64(linux.Data), semaphore, number));
        return CompareState(semaphore);
    }

    private string? OnOpen(Step.OnOpen step, OpenedSemaphore opened)
    {
        var (who, number) = (step.Who, opened.Number);
        var call = step.Command switch
        {
            WorkerCommand.SemWait or WorkerCommand.SemTimedwait => new Call
            {
                PosixSemaphore = new PosixSemaphoreCall { Wait = new PosixSemaphoreWait { Description = number } },
            },
            WorkerCommand.SemPost => new Call
            {
                PosixSemaphore = new PosixSemaphoreCall { Post = new PosixSemaphorePost { Description = number } },
            },
            WorkerCommand.SemGetvalue => new Call
            {
                PosixSemaphore = new PosixSemaphoreCall { Getvalue = new PosixSemaphoreGetvalue { Description = number } },
            },
            _ => new Call
            {
                Description = new DescriptionCall { Close = new DescriptionClose { Number = number } },
            },
        };
        if (step.Command == WorkerCommand.SemTimedwait) call.TimeoutMs = 0;
        if (step.Command == WorkerCommand.SemClose) Open[who].Remove(opened);
        return Both(who, step.Command, [opened.Address], [], opened.Semaphore, call);
    }

    protected override void UnlinkAll()
    {
        foreach (var name in Script.Names) Libc.sem_unlink(name);
    }

    protected override void Close(int who, OpenedSemaphore opened) =>
        Tell(who, WorkerCommand.SemClose, [opened.Address], []);

    protected override IEnumerable<EntityKey> OpenBy(int who) => Open[who].Select(opened => opened.Semaphore);

    /// <summary>Compares the value, through one who has the semaphore open and is not blocked.</summary>
    protected override string? CompareState(EntityKey target)
    {
        for (var who = 0; who < Crew.Size; who++)
        {
            if (IsBlocked(who) || Open[who].Find(each => each.Semaphore.Equals(target)) is not { } opened) continue;
            var linux = Show(
                Tell(who, WorkerCommand.SemGetvalue, [opened.Address], []), WorkerCommand.SemGetvalue);
            var getvalue = new PosixSemaphoreGetvalue { Description = opened.Number };
            var call = new Call { PosixSemaphore = new PosixSemaphoreCall { Getvalue = getvalue } };
            var ours = Show(Make(who, target, call)[^1].Result);
            return linux == ours ? null : $"ours {ours}, Linux {linux}";
        }

        return null; // nobody can look
    }

    protected override string Show(WorkerReply reply, WorkerCommand command)
    {
        if (reply.Errno != 0) return ((Errno)reply.Errno).ToString();
        return command == WorkerCommand.SemGetvalue ? $"value={BitConverter.ToInt32(reply.Data)}" : "ok";
    }

    protected override string Show(Result result)
    {
        if (result.Errno != 0) return ((Errno)result.Errno).ToString();
        return result.PosixSemaphoreValue is { } value ? $"value={value.Value}" : "ok";
    }
}
