namespace Cluster.Protocol;

/// <summary>Flags of the System V calls, with the values that Linux has (&lt;sys/ipc.h&gt; and its like).</summary>
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

    /// <summary>shmat(2): for reading only.</summary>
    public const int SHM_RDONLY = 0x1000;

    /// <summary>shmat(2): round the address down. There are no addresses here: without effect.</summary>
    public const int SHM_RND = 0x2000;

    /// <summary>shmat(2): take the place of another mapping. There are no addresses here: EINVAL.</summary>
    public const int SHM_REMAP = 0x4000;

    /// <summary>shmat(2): the contents may be executed; asks for execute permission.</summary>
    public const int SHM_EXEC = 0x8000;

    /// <summary>In the mode of a segment: it goes at the last detach.</summary>
    public const int SHM_DEST = 0x200;

    /// <summary>In the mode of a segment: SHM_LOCK was the last word on it.</summary>
    public const int SHM_LOCKED = 0x400;

    /// <summary>The key of an object without a key.</summary>
    public const int IPC_PRIVATE = 0;

    /// <summary>The nine permission bits.</summary>
    public const int ModeBits = 0x1FF;
}
