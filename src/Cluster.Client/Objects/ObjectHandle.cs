using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>One object: the calls that all kinds have.</summary>
internal abstract class ObjectHandle<TStat, TChange>(IpcConnection connection, ObjectWords words, int id)
    : IIpcObject<TStat, TChange>
    where TChange : PermissionsChange
{
    private const uint NoId = uint.MaxValue;

    public int Id => id;

    protected IpcConnection Connection => connection;

    protected Target Target { get; } = words.Of(id);

    public Task<TStat> StatAsync(bool any = false, CancellationToken cancellationToken = default) =>
        StatAsync(any, any ? words.StatAny : words.Stat, cancellationToken);

    /// <param name="any">Without the check of read permission.</param>
    /// <param name="name">The call that errors name: IPC_STAT or MSG_STAT.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    internal async Task<TStat> StatAsync(bool any, string name, CancellationToken cancellationToken) =>
        ToStat(await CallAsync(StatCall(any), name, cancellationToken).ConfigureAwait(false));

    public async Task SetAsync(TChange change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        await CallAsync(SetCall(change), words.Set, cancellationToken).ConfigureAwait(false);
    }

    public async Task RemoveAsync(CancellationToken cancellationToken = default)
    {
        var call = new Call { Remove = new Remove { Id = id } };
        await connection.CallAsync(words.Directory, call, words.Remove, cancellationToken).ConfigureAwait(false);
    }

    protected abstract Call StatCall(bool any);

    protected abstract TStat ToStat(Result result);

    protected abstract Call SetCall(TChange change);

    protected ValueTask<Result> CallAsync(Call call, string name, CancellationToken cancellationToken) =>
        connection.CallAsync(Target, call, name, cancellationToken);

    /// <summary>
    /// The three members that IPC_SET of every kind writes; a change without one of them is a patch. A patch has the
    /// invalid uid and gid -1 as members: a node of a version without patches refuses it (EINVAL) and changes nothing.
    /// </summary>
    protected static (uint Uid, uint Gid, uint Mode, PermissionsPatch? Patch) Members(PermissionsChange change)
    {
        if (change.IsComplete)
            return (change.Uid!.Value, change.Gid!.Value, Bits(change.Mode!.Value), null);
        var patch = new PermissionsPatch();
        if (change.Uid is { } uid)
            patch.Uid = uid;
        if (change.Gid is { } gid)
            patch.Gid = gid;
        if (change.Mode is { } mode)
            patch.Mode = Bits(mode);
        return (NoId, NoId, 0, patch);
    }

    private static uint Bits(UnixFileMode mode) => (uint)mode & IpcFlags.ModeBits;
}
