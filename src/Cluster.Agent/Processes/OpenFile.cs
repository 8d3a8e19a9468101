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
    public (LinuxProcess Process, ulong Number)? Registration { get; set; }

    /// <summary>The last copy is closed.</summary>
    public void OnReadable() => _ = CloseAsync();

    /// <summary>Closes the description, once.</summary>
    public async Task CloseAsync()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
            return;
        all.Remove(this);
        var close = new Call { Description = new DescriptionCall { Close = new DescriptionClose { Number = number } } };
        try
        {
            await Session.TakeAsync(target, close, "close", CancellationToken.None, ofPid: holder)
                .ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is Cluster.Client.IpcException or ObjectDisposedException)
        {
            // The process of the cluster has ended, and its end has closed the description.
        }

        files.Release();
    }
}
