using Xunit.Abstractions;

namespace Cluster.Core.Tests.Model.PosixSemaphores;

/// <summary>The real semaphore against the model, over a long random run (<see cref="ModelRun"/>).</summary>
public sealed class PosixSemaphoreModelTests(ITestOutputHelper output)
{
    private static readonly string[] Outcomes =
    [
        "ok", "opened", "value", "stat", "EACCES", "EBADF", "EIDRM", "EINTR", "EINVAL", "EOVERFLOW", "ETIMEDOUT",
    ];

    [Fact]
    public void The_object_behaves_as_its_model() =>
        ModelRun.Play(seed => new PosixSemaphoreRun(seed), Outcomes, output);
}
