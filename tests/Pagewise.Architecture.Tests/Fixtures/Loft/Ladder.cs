namespace Pagewise.Architecture.Tests.Fixtures.Loft;

/// <summary>Closes a circle of three folders by a constraint only.</summary>
internal sealed class Ladder
{
    public static int Steps<T>(T shelf)
        where T : Cellar.Shelf => shelf.Width;
}
