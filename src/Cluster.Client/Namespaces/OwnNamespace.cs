using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client;

/// <param name="connection">Makes the calls.</param>
/// <param name="path">The path that was asked for; the node may have another name for it.</param>
internal sealed class OwnNamespace(IpcConnection connection, string path) : INamespace
{
    private static readonly Target Own = new() { Kind = Kind.Namespace };

    public string Path =>
        connection.Process is { Namespace.Length: > 0 } process ? process.Namespace : path;

    public async Task CreateChildAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        var call = new Call { NamespaceCreate = new NamespaceCreate { Name = name } };
        await connection.CallAsync(Own, call, "namespace create", cancellationToken).ConfigureAwait(false);
    }

    public async Task RemoveChildAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        var call = new Call { NamespaceRemove = new NamespaceRemove { Name = name } };
        await connection.CallAsync(Own, call, "namespace remove", cancellationToken).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<string>> ListChildrenAsync(CancellationToken cancellationToken = default)
    {
        var call = new Call { NamespaceList = new NamespaceList() };
        var result = await connection.CallAsync(Own, call, "namespace list", cancellationToken).ConfigureAwait(false);
        return [.. result.NamespaceListing?.Names ?? []];
    }

    public async Task<NamespaceLimits> GetLimitsAsync(CancellationToken cancellationToken = default)
    {
        var call = new Call { LimitsGet = new LimitsGet() };
        var result = await connection.CallAsync(Own, call, "limits", cancellationToken).ConfigureAwait(false);
        return NamespaceLimits.From(result.Limits ?? new Limits());
    }

    public Task SetLimitAsync(string name, long value, CancellationToken cancellationToken = default) =>
        SetAsync(new LimitsSet { Name = name, Value = value }, cancellationToken);

    public Task InheritLimitAsync(string name, CancellationToken cancellationToken = default) =>
        SetAsync(new LimitsSet { Name = name, Inherit = true }, cancellationToken);

    private async Task SetAsync(LimitsSet set, CancellationToken cancellationToken)
    {
        // A newer node may have limits that this library does not know, so the node decides.
        var known = LimitRow.Find(set.Name) is null
            ? $": limits are {string.Join(", ", LimitRow.All.Select(row => row.Name))}"
            : "";
        await connection.CallAsync(Own, new Call { LimitsSet = set }, $"sysctl({set.Name}{known})", cancellationToken)
            .ConfigureAwait(false);
    }
}
