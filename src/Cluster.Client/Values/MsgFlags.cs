using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>Flags of msgrcv(2), with Linux's values.</summary>
[Flags]
public enum MsgFlags
{
    /// <summary>Waits for a message, and takes it whole.</summary>
    None = 0,

    /// <summary>IPC_NOWAIT: ENOMSG instead of waiting.</summary>
    NoWait = IpcFlags.IPC_NOWAIT,

    /// <summary>MSG_NOERROR: cuts a message that is longer than the room for it, instead of E2BIG.</summary>
    NoError = IpcFlags.MSG_NOERROR,

    /// <summary>MSG_EXCEPT: takes the first message that is not of the given type.</summary>
    Except = IpcFlags.MSG_EXCEPT,

    /// <summary>MSG_COPY: copies the message at a place in the queue. It needs <see cref="NoWait"/>.</summary>
    Copy = IpcFlags.MSG_COPY,
}
