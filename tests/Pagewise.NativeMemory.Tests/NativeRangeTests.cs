namespace Pagewise.NativeMemory.Tests;

public class NativeRangeTests
{
    [Fact]
    public void ATebibyteIsReservedWithoutUsingMemoryAndReadsAsZero()
    {
        using var range = new NativeRange(1UL << 40);

        range.SizeBytes.ShouldBe(1UL << 40);
        range.At<ulong>((1UL << 40) - 8).ShouldBe(0UL);
    }

    [Fact]
    public void DiscardedBytesReadAsZeroAndTheirNeighboursStay()
    {
        using var range = new NativeRange(3 * 4096);
        range.At<int>(0) = 1;
        range.At<int>(4096) = 2;
        range.At<int>(8192) = 3;

        range.Discard(4096, 4096);

        (range.At<int>(0), range.At<int>(4096), range.At<int>(8192)).ShouldBe((1, 0, 3));
    }

    [Fact]
    public void AReservationThatTheHostRefusesSaysSo() =>
        Should.Throw<HostMemoryException>(() => new NativeRange(1UL << 60)).Message.ShouldContain("refused");
}
