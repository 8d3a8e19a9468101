using static Cluster.Cli.Output.IpcsFormat;

namespace Cluster.Cli.Output;

/// <summary>Columns that all files of /proc/sysvipc have, with the widths of Linux: ipc/msg.c.</summary>
internal static class ProcFormat
{
    /// <summary>Key, id and mode. The key is decimal and signed, the mode octal.</summary>
    /// <param name="id">The object's id.</param>
    /// <param name="permissions">Its permissions.</param>
    /// <param name="mode">The mode with the flags of a segment; null: the permission bits.</param>
    public static string Head(int id, IpcPermissions permissions, int? mode = null) =>
        Invariant($"{permissions.Key,10} {id,10}  {Convert.ToString(mode ?? (int)permissions.Mode, 8),4}");

    /// <summary>uid, gid, cuid and cgid.</summary>
    public static string Owners(IpcPermissions permissions) => Invariant(
        $" {permissions.Uid,5} {permissions.Gid,5} {permissions.Cuid,5} {permissions.Cgid,5}");
}
