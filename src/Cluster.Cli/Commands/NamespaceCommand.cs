using System.CommandLine;
using System.Text.Json.Nodes;
using Cluster.Cli.Output;

namespace Cluster.Cli.Commands;

/// <summary>Namespaces: a process that lives in the parent makes and removes them.</summary>
internal static class NamespaceCommand
{
    public static Command Create(Globals globals) => new("ns", "Namespaces. Example: ipc --uid 0 ns create /prod")
    {
        Make(globals, "create", "Make a namespace (uid 0)", create: true),
        Make(globals, "remove", "Remove a namespace with all that is in it (uid 0)", create: false),
        List(globals),
    };

    private static Command Make(Globals globals, string name, string description, bool create)
    {
        var path = new Argument<string>("PATH") { Description = "Such as /prod/payments; its parent has to exist" };
        var command = new Command(name, description) { path };
        globals.RunAlone(command, async (parsed, cancelled) =>
        {
            var text = parsed.GetValue(path)!.TrimEnd('/');
            var slash = text.LastIndexOf('/');
            if (slash < 0 || slash == text.Length - 1)
                throw new UsageException($"ns {name}: '{parsed.GetValue(path)}' is not a path such as /prod/payments");
            var parent = slash == 0 ? "/" : text[..slash];
            await using var ipc = await globals.Connect(globals.Options(parsed) with { Namespace = parent }, cancelled);
            if (create) await ipc.Namespaces.CreateAsync(text[(slash + 1)..], cancelled);
            else await ipc.Namespaces.RemoveAsync(text[(slash + 1)..], cancelled);
        });
        return command;
    }

    private static Command List(Globals globals)
    {
        var path = new Argument<string>("PATH") { DefaultValueFactory = _ => "/", Description = "Whose children" };
        var command = new Command("list", "List the children of a namespace") { path };
        globals.RunAlone(command, async (parsed, cancelled) =>
        {
            var options = globals.Options(parsed) with { Namespace = parsed.GetValue(path)! };
            await using var ipc = await globals.Connect(options, cancelled);
            var names = await ipc.Namespaces.ListAsync(cancelled);
            if (globals.Json(parsed))
                await globals.Out.WriteLineAsync(JsonOutput.Line(new JsonArray([.. names.Select(name => JsonValue.Create(name))])));
            else
                foreach (var name in names) await globals.Out.WriteLineAsync(name);
        });
        return command;
    }
}
