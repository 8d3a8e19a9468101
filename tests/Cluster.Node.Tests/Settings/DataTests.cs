using Cluster.Node.Settings;

namespace Cluster.Node.Tests.Settings;

/// <summary>The directory of the node's data.</summary>
public sealed class DataTests
{
    [Fact]
    public void A_home_that_cannot_be_written_to_matters_only_to_who_gives_no_directory()
    {
        const string Home = "XDG_DATA_HOME";
        var before = Environment.GetEnvironmentVariable(Home);
        try
        {
            Environment.SetEnvironmentVariable(Home, "/proc/nowhere");
            Assert.Equal("/d", new NodeOptions { Data = "/d" }.Data);
            Assert.Equal("/proc/nowhere/cluster-ipc", NodeOptions.DefaultData);
        }
        finally
        {
            Environment.SetEnvironmentVariable(Home, before);
        }
    }
}
