// Shows /openapi.json, to read and to try.

// The document's examples are for one Tuesday. So that they can be tried at any time, the page shows
// them for the Tuesday of a week to come.
const exampleDay = '2027-03-02';

function aTuesdayToCome() {
  const day = new Date();
  day.setUTCDate(day.getUTCDate() + 7 + ((9 - day.getUTCDay()) % 7));
  return day.toISOString().slice(0, exampleDay.length);
}

SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  persistAuthorization: true,
  responseInterceptor(response) {
    if (response.url.endsWith('/openapi.json')) {
      response.text = response.text.replaceAll(exampleDay, aTuesdayToCome());
    }
    return response;
  },
});
