using System.Text;
using Cluster.Agent.Native;
using Cluster.Agent.Processes;
using Cluster.Agent.Wire;

namespace Cluster.Agent.Calls;

/// <summary>What the kinds of objects with names have in common: open, unlink.</summary>
/// <param name="kind">The kind.</param>
/// <param name="prefix">What its calls begin with: mq, sem.</param>
internal sealed class NamedObjects(Kind kind, string prefix)
{
    /// <summary>The object of a name may be unlinked before it is reached. After so many times the caller is told.</summary>
    private const int OpenAttempts = 10;

    private readonly Target _directory = new() { Kind = Kind.Directory, Id = (int)kind };

    /// <summary>A name as the kernel has it; in the cluster it begins with a slash.</summary>
    public static string NameOf(CallFrame request) => "/" + Encoding.UTF8.GetString(request.Payload.Span);

    /// <summary>mq_open(3), sem_open(3).</summary>
    /// <param name="caller">The program.</param>
    /// <param name="name">The name.</param>
    /// <param name="flags">O_CREAT and its like.</param>
    /// <param name="mode">Of a new object, before the umask.</param>
    /// <param name="fill">Adds what the kind has.</param>
    /// <param name="cancelled">Interrupts the call.</param>
    public async ValueTask<Answer> OpenAsync(
        Caller caller, string name, int flags, uint mode, Action<Get> fill, CancellationToken cancelled)
    {
        var files = caller.ForFiles();
        var (creates, excludes) = ((flags & FileFlags.O_CREAT) != 0, (flags & FileFlags.O_EXCL) != 0);
        var get = new Get
        {
            Name = name,
            Flags = (creates ? IpcFlags.IPC_CREAT : 0) | (excludes ? IpcFlags.IPC_EXCL : 0),
            Mode = creates ? mode & FileFlags.ModeBits & ~Umask.Of(caller.Process.Pid) : 0,
            Volatile = caller.IsVolatile,
        };
        fill(get);
        for (var attempt = 1; ; attempt++)
        {
            var found = await files.Session
                .TakeAsync(_directory, new Call { Get = get.Clone() }, prefix + "_open", cancelled)
                .ConfigureAwait(false);
            if (!found.Taken)
                return Answer.Fail(found.Result!.Errno);
            var (answer, isGone) = await OpenFoundAsync(caller, files, found.Result!, found.Pid, flags)
                .ConfigureAwait(false);
            if (!isGone || attempt == OpenAttempts)
                return answer;
        }
    }

    /// <summary>mq_unlink(3), sem_unlink(3).</summary>
    public async ValueTask<Answer> UnlinkAsync(Caller caller, CallFrame request, CancellationToken cancelled)
    {
        var call = new Call { Remove = new Remove { Name = NameOf(request) } };
        var result = await caller.Session.CallAsync(_directory, call, prefix + "_unlink", cancelled)
            .ConfigureAwait(false);
        return Answer.Fail(result.Errno);
    }

    // The object that was made waits for its creator, so this call is not interrupted: the open has happened.
    private async ValueTask<(Answer Answer, bool IsGone)> OpenFoundAsync(
        Caller caller, FileSession files, Result found, int pid, int flags)
    {
        var target = new Target { Kind = kind, Id = found.Got.Id };
        var open = new DescriptionOpen
        {
            Flags = flags & (FileFlags.O_ACCMODE | FileFlags.O_NONBLOCK),
            CreatedBy = found.Got.Existed ? 0 : found.Seq,
        };
        var body = new Call { Description = new DescriptionCall { Open = open } };
        var opened = await files.Session
            .TakeAsync(target, body, prefix + "_open", CancellationToken.None, ofPid: pid).ConfigureAwait(false);
        if (!opened.Taken)
        {
            var errno = (Errno)opened.Result!.Errno;
            return (Answer.Fail(errno), found.Got.Existed && errno is Errno.EIDRM or Errno.EBADF);
        }

        var number = opened.Result!.DescriptionOpened.Number;
        if (caller.Files.Create(files, target, number, opened.Pid, caller.Uid, caller.Process) is not { } created)
        {
            await OpenFile.CloseAsync(files.Session, target, number, opened.Pid).ConfigureAwait(false);
            return (Answer.Fail(Errno.ENFILE), false);
        }

        return (new Answer(found.Got.Id) { Descriptor = created.ForProgram }, false);
    }
}
