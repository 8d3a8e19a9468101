using Cluster.Cli.Failures;

namespace Cluster.Cli.Nodes;

/// <summary>
/// Finds the node that a user names: by HOST:PORT of remoting, by the gateway's URL, or by a part that only one node
/// has.
/// </summary>
internal static class MemberNames
{
    /// <summary>The node with the name.</summary>
    /// <exception cref="FailedException">No node has it, or several have.</exception>
    public static MemberView Find(IReadOnlyList<MemberView> members, string name)
    {
        var exact = members.Where(member => member.Address == name || member.Figures?.Gateway == name).ToArray();
        if (exact.Length == 1) return exact[0];
        var alike = members.Where(member => Has(member.Address) || Has(member.Figures?.Gateway ?? "")).ToArray();
        return alike switch
        {
            [var one] => one,
            [] => throw new FailedException($"there is no node '{name}': the nodes are {List(members)}"),
            _ => throw new FailedException($"'{name}' is not one node but {List(alike)}"),
        };

        bool Has(string text) => text.Contains(name, StringComparison.OrdinalIgnoreCase);
    }

    private static string List(IEnumerable<MemberView> members) => string.Join(", ", members.Select(member =>
        member.Figures is { Gateway: var gateway } ? $"{member.Address} ({gateway})" : member.Address));
}
