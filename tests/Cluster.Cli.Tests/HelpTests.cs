using System.CommandLine;
using System.CommandLine.Parsing;

namespace Cluster.Cli.Tests;

public sealed class HelpTests
{
    public static TheoryData<string> Commands => new(All(IpcCommand.Create(new Tool().Globals), ""));

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_command_has_help_with_an_example_and_the_exit_codes(string command)
    {
        using var output = new StringWriter();
        var parsed = IpcCommand.Create(new Tool().Globals).Parse($"{command} --help");
        Assert.Equal(0, parsed.Invoke(new InvocationConfiguration { Output = output }));
        Assert.Contains("Example", output.ToString(), StringComparison.Ordinal);
        Assert.Matches("\nExit codes: 0 [^\n]+; 130 interrupted\\.\n", output.ToString());
        Assert.Contains("--connect", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lab")]
    [InlineData("lab failover")]
    public void An_experiment_lists_its_exit_codes(string command)
    {
        using var output = new StringWriter();
        var parsed = IpcCommand.Create(new Tool().Globals).Parse($"{command} --help");
        Assert.Equal(0, parsed.Invoke(new InvocationConfiguration { Output = output }));
        Assert.Contains(
            "Exit codes: 0 all checks hold; 1 not all do; 2 usage; 3 the experiment could not be made; "
            + "130 interrupted.",
            output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("a call failed", output.ToString(), StringComparison.Ordinal);
    }

    // A command that refuses an option may not offer it.
    [Theory]
    [InlineData("lab clock", false)]
    [InlineData("lab asymmetric", false)]
    [InlineData("lab disk", false)]
    [InlineData("lab failover", true)]
    public void Only_an_experiment_that_takes_containers_offers_them(string command, bool takes)
    {
        using var output = new StringWriter();
        var parsed = IpcCommand.Create(new Tool().Globals).Parse($"{command} --help");
        Assert.Equal(0, parsed.Invoke(new InvocationConfiguration { Output = output }));
        foreach (var option in (string[])["--cluster", "--via", "--containers", "--journal-container"])
            Assert.Equal(takes, output.ToString().Contains(option, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_option_and_argument_has_a_description(string command)
    {
        var found = IpcCommand.Create(new Tool().Globals).Parse(command).CommandResult.Command;
        Assert.All(found.Options, each => Assert.False(string.IsNullOrEmpty(each.Description), each.Name));
        Assert.All(found.Arguments, each => Assert.False(string.IsNullOrEmpty(each.Description), each.Name));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void No_command_has_an_alias_twice(string command)
    {
        var result = IpcCommand.Create(new Tool().Globals).Parse(command).CommandResult;
        var options = result.Command.Options.ToList();
        for (var above = result.Parent as CommandResult; above is not null; above = above.Parent as CommandResult)
            options.AddRange(above.Command.Options.Where(option => option.Recursive));
        Assert.NotEmpty(options);
        Assert.Distinct(options.SelectMany(option => option.Aliases.Append(option.Name)));
        Assert.Distinct(result.Command.Subcommands.SelectMany(child => child.Aliases.Append(child.Name)));
    }

    private static IEnumerable<string> All(Command command, string path)
    {
        yield return path;
        foreach (var child in command.Subcommands.SelectMany(child => All(child, $"{path} {child.Name}".Trim())))
            yield return child;
    }
}
