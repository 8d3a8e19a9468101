namespace Cluster.Cli.Kinds;

/// <summary>The calls that all kinds with names have, in terms of the client's types.</summary>
internal abstract class NamedKind<THandle> : NamedKind
{
    public override IAsyncEnumerable<NamedObjectEntry> ListAsync(IIpcClient ipc, CancellationToken cancelled) =>
        Objects(ipc).ListAsync(cancelled);

    public override IAsyncEnumerable<NamedObjectEntry> ListAllAsync(IIpcClient ipc, CancellationToken cancelled) =>
        Objects(ipc).ListAllAsync(cancelled);

    public override Task<IReadOnlyList<OpenDescriptionInfo>> HoldersAsync(
        IIpcClient ipc, NamedObjectEntry entry, CancellationToken cancelled) =>
        Objects(ipc).GetHoldersAsync(entry, cancelled);

    public override Task<NamedObjectStat> StatAsync(
        IIpcClient ipc, NamedObjectEntry entry, CancellationToken cancelled) =>
        Objects(ipc).StatAsync(entry, cancelled);

    public override Task UnlinkAsync(IIpcClient ipc, string name, CancellationToken cancelled) =>
        Objects(ipc).UnlinkAsync(name, cancelled);

    protected abstract INamedObjects<THandle> Objects(IIpcClient ipc);
}
