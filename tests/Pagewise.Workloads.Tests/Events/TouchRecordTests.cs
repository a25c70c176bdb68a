namespace Pagewise.Workloads.Tests.Events;

public sealed class TouchRecordTests
{
    [Theory]
    [InlineData(0x1000UL, 0x3000UL, 4096L, new[] { 0x1000UL, 0x2000UL, 0x3000UL })]
    [InlineData(0x1000UL, 0x3000UL, -4096L, new[] { 0x3000UL, 0x2000UL, 0x1000UL })]
    [InlineData(0x1800UL, 0x1000UL, 4096L, new[] { 0x1800UL, 0x2000UL })]
    [InlineData(0x1800UL, 0x1000UL, -4096L, new[] { 0x2000UL, 0x1800UL })]
    [InlineData(0x1ff8UL, 16UL, 8L, new[] { 0x1ff8UL, 0x2000UL })]
    [InlineData(0x1234UL, 1UL, 4096L, new[] { 0x1234UL })]
    [InlineData(0x1000UL, 0UL, 4096L, new ulong[0])]
    [InlineData(0x0UL, 0x5000UL, 8192L, new[] { 0UL, 0x2000UL, 0x4000UL })]
    public void EveryPageOfTheRangeIsTouchedOnce(ulong address, ulong length, long stride, ulong[] expected)
    {
        var touch = new TouchRecord { Address = address, LengthBytes = length, StrideBytes = stride };
        var addresses = new List<ulong>();
        for (ulong i = 0; i < touch.AccessCount; i++)
            addresses.Add(touch.AddressAt(i));
        addresses.ShouldBe(expected);
    }

    [Fact]
    public void ARangeThatEndsAtTheTopOfTheAddressSpaceIsCounted()
    {
        var touch = new TouchRecord { Address = 0xffffffffffffe000, LengthBytes = 0x2000, StrideBytes = 4096 };
        touch.AccessCount.ShouldBe(2UL);
        touch.AddressAt(1).ShouldBe(0xfffffffffffff000UL);
    }
}
