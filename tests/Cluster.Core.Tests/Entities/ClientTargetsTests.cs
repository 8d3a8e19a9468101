using Cluster.Core.Entities;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Entities;

/// <summary>Which names a client may use. A name outside the ranges never becomes an entity.</summary>
public sealed class ClientTargetsTests
{
    private static readonly Stamp Caller = new() { Pid = 7, Namespace = 3, Credentials = new Credentials() };

    // The policy of the node: docs/security.md.
    [Theory]
    [InlineData(Kind.MessageQueue, 0, Errno.None)]
    [InlineData(Kind.Directory, (long)Kind.MessageQueue, Errno.None)]
    [InlineData(Kind.SemaphoreSet, 0, Errno.EACCES)]
    [InlineData(Kind.Directory, (long)Kind.SemaphoreSet, Errno.EACCES)]
    [InlineData(Kind.SharedMemory, 5, Errno.None)]
    [InlineData(Kind.Extent, 5L << 32, Errno.None)]
    [InlineData(Kind.PosixExtent, 5L << 32, Errno.EACCES)]
    [InlineData(Kind.SemaphoreSet, -1, Errno.EINVAL)]
    [InlineData(Kind.Namespace, 0, Errno.None)]
    [InlineData(Kind.Process, 7, Errno.None)]
    public void A_caller_has_the_kinds_of_its_credentials(Kind kind, long id, Errno errno)
    {
        const ulong kinds = 1UL << (int)Kind.MessageQueue | 1UL << (int)Kind.SharedMemory;
        var caller = new Stamp { Pid = 7, Namespace = 3, Credentials = new Credentials { Uid = 1, Kinds = kinds } };
        Assert.Equal(errno, ClientTargets.Find(new Target { Kind = kind, Id = id }, caller, out _));
    }

    [Theory]
    [InlineData(Kind.MessageQueue, 0, Errno.None)]
    [InlineData(Kind.MessageQueue, int.MaxValue, Errno.None)]
    [InlineData(Kind.MessageQueue, -1, Errno.EINVAL)]
    [InlineData(Kind.MessageQueue, 1L << 32, Errno.EINVAL)] // whose low 32 bits are those of queue 0
    [InlineData(Kind.SemaphoreSet, (1L << 32) + 5, Errno.EINVAL)]
    [InlineData(Kind.SharedMemory, (1L << 32) + 5, Errno.EINVAL)]
    [InlineData(Kind.SharedMemory, long.MinValue, Errno.EINVAL)]
    [InlineData(Kind.Extent, 5L << 32, Errno.None)]
    [InlineData(Kind.Extent, (5L << 32) + 2, Errno.None)]
    [InlineData(Kind.Extent, (5L << 32) + 0x80000000L, Errno.EINVAL)] // a negative index
    [InlineData(Kind.Extent, -1, Errno.EINVAL)]
    [InlineData(Kind.Directory, (long)Kind.MessageQueue, Errno.None)]
    [InlineData(Kind.Directory, (1L << 32) + 1, Errno.EPROTO)]
    [InlineData(Kind.Directory, (long)Kind.Extent, Errno.EPROTO)]
    [InlineData(Kind.Namespace, 0, Errno.None)]
    [InlineData(Kind.Namespace, 1, Errno.EINVAL)]
    [InlineData(Kind.Process, 7, Errno.None)]
    [InlineData(Kind.Process, 8, Errno.None)]
    [InlineData(Kind.Process, 0, Errno.EINVAL)]
    [InlineData(Kind.Process, -7, Errno.EINVAL)]
    [InlineData(Kind.Process, (1L << 32) + 7, Errno.EINVAL)]
    [InlineData(Kind.ProcessTable, 0, Errno.None)]
    [InlineData(Kind.ProcessTable, 1, Errno.EINVAL)]
    [InlineData(Kind.Allocator, 1, Errno.EPROTO)]
    [InlineData(Kind.Unspecified, 1, Errno.EPROTO)]
    [InlineData((Kind)99, 1, Errno.EPROTO)]
    public void A_target_is_an_entity_or_an_error(Kind kind, long id, Errno errno)
    {
        Assert.Equal(errno, ClientTargets.Find(new Target { Kind = kind, Id = id }, Caller, out var key));
        if (errno != Errno.None) return;
        Assert.Equal((kind, id), (key.Kind, key.Id));
        Assert.Equal(kind == Kind.Process ? 0ul : 3ul, key.Namespace);
    }
}
