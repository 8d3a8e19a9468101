using System.Text;
using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Objects.Mqueues;

/// <summary>The kind "POSIX message queue": mq_overview(7). Names and attributes as in ipc/mqueue.c.</summary>
public sealed class MqueueKind() : ObjectKind(Kind.Mqueue, "mq", 'Q', "mqueue_queues_max")
{
    // getrlimit(2), RLIMIT_MSGQUEUE: the sizes of struct msg_msg and struct posix_msg_tree_node on x86-64.
    private const long MessageHead = 48;
    private const long TreeNode = 48;

    public override bool IsNamed => true;

    public override bool IsSized => false;

    public override bool IsSystemV => false;

    public override bool IsPrivilegedUnlimited => true;

    public override ObjectMachine Create(EntityKey key) => new Mqueue(key);

    public override bool IsSize(long size, Limits limits) => size == 0;

    public override Errno WhyNotName(string name, bool unlinks)
    {
        // EINVAL: "The format in name is invalid", by the C library, which looks for the slash at the start.
        if (!name.StartsWith('/') || name.Contains('\0', StringComparison.Ordinal)) return Errno.EINVAL;
        var file = name[1..];
        // ENOENT: "name was just "/" followed by no other characters."
        if (file.Length == 0) return Errno.ENOENT;
        // EACCES: "name contained more than one slash." The kernel also refuses the names of directories.
        if (file is "." or ".." || file.Contains('/', StringComparison.Ordinal)) return Errno.EACCES;
        // ENAMETOOLONG: "name was too long."
        return Encoding.UTF8.GetByteCount(file) > Bounds.NameBytes ? Errno.ENAMETOOLONG : Errno.None;
    }

    public override Errno Describe(Get get, Stamp stamp, DirectoryEntry entry)
    {
        var limits = stamp.Limits;
        entry.Mqueue = get.Mqueue ?? new MqueueSize
        {
            Maxmsg = Math.Min(limits.MqueueMsgMax, limits.MqueueMsgDefault),
            Msgsize = Math.Min(limits.MqueueMsgsizeMax, limits.MqueueMsgsizeDefault),
        };
        // EINVAL: "attr was not NULL, and attr->mq_maxmsg or attr->mq_msgsize was invalid. Both of these fields must be
        // greater than zero. In a process that is unprivileged, mq_maxmsg must be less than or equal to the msg_max
        // limit, and mq_msgsize must be less than or equal to the msgsize_max limit. In addition, even in a privileged
        // process, mq_maxmsg cannot exceed the HARD_MAX limit."
        var (maxmsg, msgsize) = (entry.Mqueue.Maxmsg, entry.Mqueue.Msgsize);
        var isPrivileged = stamp.Credentials.Has(LinuxCapability.SysResource);
        if (maxmsg <= 0 || msgsize <= 0) return Errno.EINVAL;
        if (maxmsg > (isPrivileged ? Bounds.MqueueMessages : limits.MqueueMsgMax)) return Errno.EINVAL;
        if (msgsize > (isPrivileged ? Bounds.MessageBytes : limits.MqueueMsgsizeMax)) return Errno.EINVAL;
        return Errno.None;
    }

    public override long ChargeOf(DirectoryEntry entry)
    {
        var (maxmsg, msgsize) = (entry.Mqueue.Maxmsg, entry.Mqueue.Msgsize);
        return (maxmsg * MessageHead) + (Math.Min(maxmsg, Bounds.MqueuePriorities) * TreeNode) + (maxmsg * msgsize);
    }

    public override long ChargeBound(Get get, Stamp stamp)
    {
        var asked = get.HasRlimitMsgqueue ? get.RlimitMsgqueue : Bounds.RlimitMsgqueue;
        return stamp.Credentials.Has(LinuxCapability.SysResource) ? asked : Math.Min(asked, Bounds.RlimitMsgqueue);
    }
}
