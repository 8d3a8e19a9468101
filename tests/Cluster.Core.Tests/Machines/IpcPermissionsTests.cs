using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Machines;

/// <summary>The permission checks, for every mode, every right, and every class of caller.</summary>
public sealed class IpcPermissionsTests
{
    // The caller, the shift of the mode digit for it (-1: no check), and whether it owns the object.
    public static TheoryData<string, uint, uint, uint[], int, bool> Callers() => new()
    {
        { "owner", 10, 99, [], 6, true },
        { "creator", 20, 99, [], 6, true },
        { "owner who is in the group too", 10, 11, [21], 6, true },
        { "group of the owner", 99, 11, [], 3, false },
        { "group of the creator", 99, 21, [], 3, false },
        { "supplementary group of the owner", 99, 98, [5, 11], 3, false },
        { "supplementary group of the creator", 99, 98, [21, 5], 3, false },
        { "other", 99, 98, [5, 6], 0, false },
        { "gid equal to the owner's uid", 99, 10, [20], 0, false },
        { "superuser", 0, 98, [], -1, true },
    };

    [Theory]
    [MemberData(nameof(Callers))]
    public void Access_depends_on_the_mode_bits_of_one_class_alone(
        string who, uint uid, uint gid, uint[] groups, int shift, bool owns)
    {
        var caller = new Credentials { Uid = uid, Gid = gid };
        caller.Groups.AddRange(groups);
        var permissions = new Permissions { Uid = 10, Gid = 11, Cuid = 20, Cgid = 21 };
        for (var mode = 0; mode <= IpcFlags.ModeBits; mode++)
        {
            permissions.Mode = (uint)mode;
            for (var wanted = 0; wanted <= 7; wanted++)
            {
                var granted = shift < 0 || (wanted & ~(mode >> shift)) == 0;
                Assert.True(granted == IpcPermissions.Allow(permissions, caller, wanted), $"{who}, {mode}, {wanted}");
                Assert.Equal(granted, IpcPermissions.Allow(permissions, caller, wanted << 6));
                Assert.Equal(granted, IpcPermissions.Allow(permissions, caller, wanted << 3 | IpcFlags.IPC_CREAT));
            }

            Assert.Equal(owns, IpcPermissions.Owns(permissions, caller));
        }
    }

    /// <summary>capabilities(7): uid 0 that has dropped a capability is held to the mode bits and to ownership.</summary>
    [Theory]
    [InlineData(0UL, false, false)]
    [InlineData(1UL << 15, true, false)] // CAP_IPC_OWNER
    [InlineData(1UL << 21, false, true)] // CAP_SYS_ADMIN
    [InlineData(ulong.MaxValue & ~(1UL << 15), false, true)]
    public void Uid_0_has_what_its_capabilities_say(ulong capabilities, bool reads, bool owns)
    {
        var permissions = new Permissions { Uid = 10, Gid = 11, Cuid = 20, Cgid = 21, Mode = 0x1B0 }; // 0660
        var caller = new Credentials { Capabilities = capabilities };
        Assert.Equal(reads, IpcPermissions.Allow(permissions, caller, IpcPermissions.Read));
        Assert.Equal(owns, IpcPermissions.Owns(permissions, caller));
        permissions.Uid = 0;
        Assert.True(IpcPermissions.Allow(permissions, caller, IpcPermissions.Read));
        Assert.True(IpcPermissions.Owns(permissions, caller));
    }

    [Fact]
    public void Other_users_have_no_capabilities_whatever_they_state()
    {
        var permissions = new Permissions { Uid = 10, Gid = 11, Cuid = 20, Cgid = 21 };
        var caller = new Credentials { Uid = 30, Gid = 30, Capabilities = ulong.MaxValue };
        Assert.False(IpcPermissions.Allow(permissions, caller, IpcPermissions.Read));
        Assert.False(IpcPermissions.Owns(permissions, caller));
        Assert.False(FilePermissions.Allow(permissions, caller, FileFlags.O_RDONLY));
    }

    /// <summary>CAP_DAC_READ_SEARCH reads, and does not write.</summary>
    [Theory]
    [InlineData(1UL << 1, true, true)]
    [InlineData(1UL << 2, true, false)]
    [InlineData(0UL, false, false)]
    public void Uid_0_opens_files_of_others_with_the_capabilities_of_files(ulong capabilities, bool reads, bool writes)
    {
        var permissions = new Permissions { Uid = 10, Gid = 11, Mode = 0x1B0 }; // 0660
        var caller = new Credentials { Gid = 5, Capabilities = capabilities };
        Assert.Equal(reads, FilePermissions.Allow(permissions, caller, FileFlags.O_RDONLY));
        Assert.Equal(writes, FilePermissions.Allow(permissions, caller, FileFlags.O_WRONLY));
        Assert.Equal(writes, FilePermissions.Allow(permissions, caller, FileFlags.O_RDWR));
    }
}
