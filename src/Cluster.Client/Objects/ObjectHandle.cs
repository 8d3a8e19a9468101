using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>One object: the calls that all kinds have.</summary>
internal abstract class ObjectHandle<TStat, TChange>(IpcConnection connection, ObjectWords words, int id)
    : IIpcObject<TStat, TChange>
    where TChange : PermissionsChange
{
    public int Id => id;

    protected IpcConnection Connection => connection;

    protected Target Target { get; } = words.Of(id);

    public async Task<TStat> StatAsync(bool any = false, CancellationToken cancellationToken = default)
    {
        var name = any ? words.StatAny : words.Stat;
        return ToStat(await CallAsync(StatCall(any), name, cancellationToken).ConfigureAwait(false));
    }

    public async Task SetAsync(TChange change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);

        // Without the check of read permission: an owner may set an object that its mode does not let it read.
        var present = change.IsComplete
            ? null
            : await CallAsync(StatCall(any: true), words.Set, cancellationToken).ConfigureAwait(false);
        await CallAsync(SetCall(change, present), words.Set, cancellationToken).ConfigureAwait(false);
    }

    public async Task RemoveAsync(CancellationToken cancellationToken = default)
    {
        var call = new Call { Remove = new Remove { Id = id } };
        await connection.CallAsync(words.Directory, call, words.Remove, cancellationToken).ConfigureAwait(false);
    }

    protected abstract Call StatCall(bool any);

    protected abstract TStat ToStat(Result result);

    /// <param name="change">What changes.</param>
    /// <param name="present">What IPC_STAT has said; null: the change is complete.</param>
    protected abstract Call SetCall(TChange change, Result? present);

    protected ValueTask<Result> CallAsync(Call call, string name, CancellationToken cancellationToken) =>
        connection.CallAsync(Target, call, name, cancellationToken);

    /// <summary>The three members that IPC_SET of every kind writes.</summary>
    protected static (uint Uid, uint Gid, uint Mode) Merge(PermissionsChange change, Permissions? present) => (
        change.Uid ?? present!.Uid,
        change.Gid ?? present!.Gid,
        (change.Mode is { } mode ? (uint)mode : present!.Mode) & IpcFlags.ModeBits);
}
