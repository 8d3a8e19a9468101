using Cluster.Agent.Loop;
using Cluster.Agent.Native;

namespace Cluster.Agent.Processes;

/// <summary>
/// An open file description of the cluster, and the pipe whose other end the programs have as its descriptor. The kernel
/// says when the last copy is closed, whichever program had inherited it: the pipe has no reader then.
/// </summary>
internal sealed class OpenFile(
    ulong inode, Descriptor end, FileSession files, Target target, long number, int holder, uint uid,
    LinuxProcess opener, OpenFiles all)
    : IReadable
{
    private int _isClosed;

    public ulong Inode => inode;

    public Descriptor End => end;

    /// <summary>The session that holds the description.</summary>
    public Session Session => files.Session;

    public Target Target => target;

    /// <summary>The description, in the object.</summary>
    public long Number => number;

    /// <summary>The process of the cluster that has opened it: calls on it fail once that is lost.</summary>
    public int Holder => holder;

    /// <summary>Who has opened it, in Linux.</summary>
    public uint Uid => uid;

    /// <summary>Which process has opened it.</summary>
    public LinuxProcess Opener => opener;

    /// <summary>The process that is registered through it: mq_notify(3). Null: none.</summary>
    public (LinuxProcess Process, ulong Number)? Registration { get; private set; }

    /// <summary>A process is registered through it, until it ends.</summary>
    /// <param name="process">The process.</param>
    /// <param name="registration">The number of its registration, in the queue.</param>
    /// <param name="atEnd">Removes it from the queue.</param>
    public void Register(LinuxProcess process, ulong registration, Func<Task> atEnd)
    {
        Registration?.Process.NotAtEnd(this);
        Registration = (process, registration);
        process.AtEnd(this, atEnd);
    }

    /// <summary>A registration has ended. False: it had ended before.</summary>
    public bool TryUnregister(ulong registration)
    {
        if (Registration is not { } own || own.Number != registration)
            return false;
        Registration = null;
        own.Process.NotAtEnd(this);
        return true;
    }

    /// <summary>The last copy is closed.</summary>
    public void OnReadable() => _ = CloseAsync();

    /// <summary>Closes the description, once.</summary>
    public async Task CloseAsync()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
            return;
        all.Remove(this);
        Registration?.Process.NotAtEnd(this);
        await CloseAsync(Session, target, number, holder).ConfigureAwait(false);
        files.Release();
    }

    /// <summary>Closes a description in the cluster.</summary>
    /// <param name="session">The session that holds it.</param>
    /// <param name="target">The object.</param>
    /// <param name="number">The description.</param>
    /// <param name="holder">The process of the cluster that holds it.</param>
    public static async Task CloseAsync(Session session, Target target, long number, int holder)
    {
        var close = new Call { Description = new DescriptionCall { Close = new DescriptionClose { Number = number } } };
        try
        {
            await session.TakeAsync(target, close, "close", CancellationToken.None, ofPid: holder)
                .ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is Cluster.Client.IpcException or ObjectDisposedException)
        {
            // The process of the cluster has ended, and its end has closed the description.
        }
    }
}
