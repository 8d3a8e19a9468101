using Cluster.Node.Startup;

namespace Cluster.Node.Tests.Startup;

/// <summary>Clients never take the descriptors that the cluster and the journal need.</summary>
public sealed class DescriptorsTests
{
    [Theory]
    [InlineData("Max open files            1024                 524288               files     ", 1024)]
    [InlineData("Max open files            unlimited            unlimited            files     ", null)]
    [InlineData("Max processes             95690                95690                processes ", null)]
    public void The_limit_is_the_soft_one(string line, int? limit) =>
        Assert.Equal(limit, Descriptors.Parse(["Limit     Soft Limit", line]));

    [Theory]
    [InlineData(640, 128)]
    [InlineData(1_024, 512)]
    [InlineData(1_048_576, 16_384)]
    [InlineData(null, 16_384)]
    public void A_reserve_stays(int? limit, int connections) =>
        Assert.Equal(connections, Descriptors.Connections(limit));
}
