using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Kinds;

/// <summary>sem_open(3) with O_CREAT.</summary>
internal static class PosixSemaphoreCreateCommand
{
    private const string Description = """
        sem_open(3) with O_CREAT: make a semaphore, or find the one that has the name. The mode is set as it is given:
        the tool has no umask. Others need read and write permission to use the semaphore.

        Examples:
          ipc psem create /gate
          ipc psem create /gate --value 3 --mode 0666 --excl
        """;

    public static Command Create(Globals globals, Argument<string> name)
    {
        var value = new Option<long>("--value")
        {
            HelpName = "N",
            Description = "The value of a new semaphore, from 0 to 2147483647",
            DefaultValueFactory = _ => 1,
            CustomParser = result => Words.Number(result, long.MinValue, long.MaxValue), // EINVAL is that of the call
        };
        var mode = CommonOptions.Mode();
        var exclusive = new Option<bool>("--excl") { Description = "EEXIST if there is one (O_EXCL)" };
        var isVolatile = CommonOptions.Volatile();
        var command = new Command("create", Description) { name, value, mode, exclusive, isVolatile };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var flags = OpenFlags.Create | (parsed.GetValue(exclusive) ? OpenFlags.Exclusive : 0);
            var bits = (UnixFileMode)(parsed.GetValue(mode) ?? CommonOptions.DefaultMode);
            await using var semaphore = await ipc.PosixSemaphores.OpenAsync(
                parsed.GetValue(name)!, flags, bits, parsed.GetValue(value), CommonOptions.Lives(parsed, isVolatile),
                cancelled);
            if (!globals.Json(parsed)) return;
            var made = new JsonObject
            {
                ["name"] = PosixSemaphoreKind.NameOfObject(semaphore.Name), ["id"] = semaphore.Description.Id,
            };
            await globals.Out.WriteLineAsync(JsonOutput.Line(made));
        });
        return command;
    }
}
