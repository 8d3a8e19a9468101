using System.Buffers.Binary;

namespace Cluster.Agent.Wire;

/// <summary>What a program sets by IPC_SET: members of struct ipc_wire_perm, with which each structure begins.</summary>
internal readonly record struct WireOwner(uint Uid, uint Gid, uint Mode)
{
    private const int UidAt = 4;
    private const int GidAt = 8;
    private const int ModeAt = 20;

    public static WireOwner Read(ReadOnlySpan<byte> structure) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(structure[UidAt..]),
        BinaryPrimitives.ReadUInt32LittleEndian(structure[GidAt..]),
        BinaryPrimitives.ReadUInt32LittleEndian(structure[ModeAt..]) & IpcFlags.ModeBits);
}
