using Xunit.Abstractions;

namespace Cluster.Core.Tests.Model.SemaphoreSets;

/// <summary>The real set against the model, over a long random run (<see cref="ModelRun"/>).</summary>
public sealed class SetModelTests(ITestOutputHelper output)
{
    private static readonly string[] Outcomes =
    [
        "ok", "number", "values", "E2BIG", "EACCES", "EAGAIN", "EFBIG", "EIDRM", "EINTR", "EINVAL", "EPERM", "ERANGE",
    ];

    [Fact]
    public void The_object_behaves_as_its_model() => ModelRun.Play(seed => new SetRun(seed), Outcomes, output);
}
