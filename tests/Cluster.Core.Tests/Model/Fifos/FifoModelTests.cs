using Xunit.Abstractions;

namespace Cluster.Core.Tests.Model.Fifos;

/// <summary>The real FIFO against the model, over a long random run (<see cref="ModelRun"/>).</summary>
public sealed class FifoModelTests(ITestOutputHelper output)
{
    private static readonly string[] Outcomes =
    [
        "opened", "written", "read", "status", "stat", "ready", "ok", "EACCES", "EAGAIN", "EBADF", "EBUSY", "EIDRM",
        "EINTR", "EINVAL", "ENXIO", "EPERM", "EPIPE", "ETIMEDOUT",
    ];

    [Fact]
    public void The_object_behaves_as_its_model() => ModelRun.Play(seed => new FifoRun(seed), Outcomes, output);
}
