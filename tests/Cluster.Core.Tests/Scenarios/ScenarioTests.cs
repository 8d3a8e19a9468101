namespace Cluster.Core.Tests.Scenarios;

/// <summary>Runs every scenario of the text files beside this one.</summary>
public sealed class ScenarioTests
{
    public static TheoryData<string, string> Scenarios()
    {
        var data = new TheoryData<string, string>();
        foreach (var scenario in Scenario.All()) data.Add(scenario.File, scenario.Title);
        return data;
    }

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void A_scenario_has_its_expected_results(string file, string title)
    {
        var path = Path.Combine(Scenario.Folder, file);
        var scenario = Scenario.Read(file, File.ReadAllLines(path)).Single(each => each.Title == title);
        var runner = new ScenarioRunner();
        foreach (var step in scenario.Steps) Run(runner, step, file);
    }

    private static void Run(ScenarioRunner runner, Step step, string file)
    {
        string actual;
        try
        {
            actual = Scenario.Squeeze(runner.Run(step.Command));
        }
        catch (Exception cause)
        {
            throw new InvalidOperationException($"{file}:{step.Line}: {step.Command}\n{cause.Message}", cause);
        }

        var isMet = step.Expected is { } expected
            ? actual == expected
            : actual.Length == 0 || (actual.StartsWith("ok", StringComparison.Ordinal) && !actual.Contains(';'));
        if (!isMet)
        {
            Assert.Fail($"{file}:{step.Line}: {step.Command}\n"
                + $"  expected: {step.Expected ?? "ok, or nothing"}\n  actual:   {actual}");
        }
    }
}
