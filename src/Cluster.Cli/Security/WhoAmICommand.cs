using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Security;

/// <summary>Shows who the node thinks the caller is.</summary>
internal static class WhoAmICommand
{
    private const string Description = """
        Show who the node thinks you are, how it knows, and which user your processes are.

        Example: ipc whoami --connect unix:/run/ipc.sock
        """;

    public static Command Create(Globals globals)
    {
        var command = new Command("whoami", Description);
        globals.RunOperation(command, async (operations, parsed, cancelled) =>
        {
            var reply = await operations.WhoAmIAsync(cancelled);
            var own = reply.Credentials;
            var values = new JsonObject
            {
                ["identity"] = reply.Identity,
                ["shown"] = reply.Shown,
                ["uid"] = own.Uid,
                ["gid"] = own.Gid,
            };
            if (globals.Json(parsed))
            {
                values["groups"] = new JsonArray([.. own.Groups.Select(group => (JsonNode)group)]);
                values["mayBeAnybody"] = reply.MayBeAnybody;
                // null: all
                values["namespaces"] = reply.Namespaces.Count > 0 ? ArrayOf(reply.Namespaces) : null;
                values["kinds"] = own.HasKinds ? ArrayOf(reply.Kinds) : null;
            }
            else
            {
                values["groups"] = string.Join(',', own.Groups);
                values["may be anybody"] = reply.MayBeAnybody ? "yes" : "no";
                values["namespaces"] = reply.Namespaces.Count > 0 ? string.Join(", ", reply.Namespaces) : "all";
                values["kinds"] = own.HasKinds ? string.Join(", ", reply.Kinds) : "all";
            }

            await globals.Out.WriteLineAsync(values.Show(globals.Json(parsed)));
        });
        return command;
    }

    private static JsonArray ArrayOf(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode)text)];
}
