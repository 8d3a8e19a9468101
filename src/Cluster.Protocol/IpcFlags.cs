namespace Cluster.Protocol;

/// <summary>
/// Flags of the System V calls, with the values that Linux has (&lt;sys/ipc.h&gt;, &lt;sys/msg.h&gt;, &lt;sys/sem.h&gt;).
/// </summary>
public static class IpcFlags
{
    /// <summary>msgget(2): make the object if no object has the key.</summary>
    public const int IPC_CREAT = 0x200;

    /// <summary>msgget(2): with IPC_CREAT, fail with EEXIST if an object has the key.</summary>
    public const int IPC_EXCL = 0x400;

    /// <summary>Fail rather than block.</summary>
    public const int IPC_NOWAIT = 0x800;

    /// <summary>msgrcv(2): truncate a message that is too long.</summary>
    public const int MSG_NOERROR = 0x1000;

    /// <summary>msgrcv(2): the first message whose type is not the one given.</summary>
    public const int MSG_EXCEPT = 0x2000;

    /// <summary>msgrcv(2): a copy of the message at an ordinal position.</summary>
    public const int MSG_COPY = 0x4000;

    /// <summary>semop(2): undo the operation when the process ends.</summary>
    public const int SEM_UNDO = 0x1000;

    /// <summary>The key of an object without a key.</summary>
    public const int IPC_PRIVATE = 0;

    /// <summary>The nine permission bits.</summary>
    public const int ModeBits = 0x1FF;
}
